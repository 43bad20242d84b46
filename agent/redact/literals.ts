import type { Decoded } from './decoded.ts';
import { Keywords } from './keywords.ts';
import { spanOf } from './span.ts';
import type { RuleName, Span } from './span.ts';

/** A credential that is known by how it begins: so many units of the class follow. */
interface Format {
  readonly begins: string;
  readonly min: number;
}

/**
 * Credentials with a fixed beginning, by the issuer's own documentation: cloud keys, tokens of code hosts, chat, payment,
 * package registries, Vault, OpenShift. Only what a client would not write by accident is among them.
 */
const formats: readonly Format[] = [
  ...['AKIA', 'ASIA', 'ABIA', 'ACCA'].map((begins) => ({ begins, min: 16 })),
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((begins) => ({ begins, min: 30 })),
  { begins: 'github_pat_', min: 40 },
  ...['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glsoat-', 'glagent-'].map((begins) => ({
    begins,
    min: 16,
  })),
  ...['xoxb-', 'xoxp-', 'xoxa-', 'xoxe-', 'xapp-'].map((begins) => ({ begins, min: 10 })),
  ...['sk_live_', 'rk_live_', 'sk_test_'].map((begins) => ({ begins, min: 10 })),
  { begins: 'AIza', min: 35 },
  { begins: 'npm_', min: 36 },
  { begins: 'pypi-AgEIcHlwaS5vcmc', min: 20 },
  ...['hvs.', 'hvb.'].map((begins) => ({ begins, min: 24 })),
  ...['dop_v1_', 'doo_v1_', 'dor_v1_'].map((begins) => ({ begins, min: 32 })),
  ...['sk-ant-api03-', 'sk-ant-admin01-'].map((begins) => ({ begins, min: 20 })),
  ...['glsa_', 'glc_'].map((begins) => ({ begins, min: 20 })),
  { begins: 'AGE-SECRET-KEY-1', min: 20 },
  { begins: 'AKCp', min: 60 },
  { begins: 'hf_', min: 30 },
  ...['shpat_', 'shpss_', 'shpca_', 'shppa_'].map((begins) => ({ begins, min: 20 })),
  { begins: 'dckr_pat_', min: 16 },
  ...['sntryu_', 'sntrys_'].map((begins) => ({ begins, min: 20 })),
  { begins: 'PMAK-', min: 20 },
  { begins: 'pul-', min: 40 },
  { begins: 'dt0c01.', min: 20 },
  { begins: 'lin_api_', min: 20 },
  { begins: 'pscale_', min: 20 },
  { begins: 'rubygems_', min: 20 },
  { begins: 'sha256~', min: 43 },
  { begins: 'hooks.slack.com/services/', min: 20 },
];

const byKeyword = Map.groupBy(formats, ({ begins }) => begins.toLowerCase());
const privateKey = '-----begin';
const jwt = 'eyj';
const url = '://';
const schemes = ['bearer ', 'basic '];
const dataUri = ';base64,';
export const literalKeywords = [...byKeyword.keys(), privateKey, jwt, url, ...schemes, dataUri];
const keywords = new Keywords(literalKeywords);

const wordUnit = /[A-Za-z0-9_]/;
const tokenUnit = /[A-Za-z0-9_+/=.~-]/;
const schemeMin = 8;
const dataUriMin = 24;

/** Credentials that are known by their form, wherever they stand. */
export function literalsIn(decoded: Decoded): Span[] {
  const { text } = decoded;
  const spans: Span[] = [];
  let past = 0;
  const found = (from: number, to: number, rule: RuleName) => {
    spans.push(spanOf(decoded, from, to, rule));
    past = to;
  };
  let runEnd = 0;
  // Of a run its end is looked for once, however many keywords are in it.
  const endOfToken = (from: number) => (from < runEnd ? runEnd : (runEnd = tokenEnd(text, from)));
  for (const { at, keyword } of keywords.findIn(text)) {
    if (at < past) continue;
    const end = at + keyword.length;
    if (keyword === privateKey) {
      if (isPrivateKey(text, end)) found(at, endOfPrivateKey(text, end), 'private-key');
    } else if (keyword === jwt) {
      const to = isJwt(text, at) ? endOfToken(at) : undefined;
      if (to !== undefined) found(at, to, 'literal');
    } else if (keyword === url) {
      const password = passwordOf(text, end);
      if (password) found(password.from, password.to, 'url-password');
    } else if (schemes.includes(keyword)) {
      const to = endOfToken(end);
      if (to - end >= schemeMin && !isWord(text.slice(end, to))) found(end, to, 'authorization');
    } else if (keyword === dataUri) {
      const to = endOfToken(end);
      if (to - end >= dataUriMin) found(end, to, 'data-uri');
    } else {
      const format = byKeyword.get(keyword)!.find(({ begins }) => text.startsWith(begins, at));
      if (format === undefined || wordUnit.test(text.charAt(at - 1))) continue;
      const to = endOfToken(end);
      if (to - end >= format.min) found(at, to, 'literal');
    }
  }
  return spans;
}

/** `Basic authentication` is prose: no digit, no sign, and no capital but the first letter. */
function isWord(token: string): boolean {
  return /^[A-Za-z][a-z]*[.]?$/.test(token);
}

function tokenEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && tokenUnit.test(text.charAt(at))) at += 1;
  return at;
}

/** `-----BEGIN` of a private key, not of a certificate. The label is short (RFC 7468). */
function isPrivateKey(text: string, from: number): boolean {
  return text.slice(from, from + 64).includes('PRIVATE KEY');
}

function endOfPrivateKey(text: string, from: number): number {
  const end = text.indexOf('-----END', from);
  if (end < 0) return text.length;
  const closed = text.indexOf('-----', end + 8);
  return closed < 0 ? text.length : closed + 5;
}

/** A JSON Web Token (RFC 7519): header and payload begin as base64url of `{"`. */
function isJwt(text: string, from: number): boolean {
  if (!text.startsWith('eyJ', from) || wordUnit.test(text[from - 1] ?? '')) return false;
  const dot = text.indexOf('.', from);
  return dot - from >= 10 && text.startsWith('.eyJ', dot) && text.includes('.', dot + 1);
}

/** The password in `scheme://user:password@host` (RFC 3986 §3.2.1). */
function passwordOf(text: string, from: number): { from: number; to: number } | undefined {
  let colon = -1;
  for (let at = from; at < text.length && at < from + 1024; at += 1) {
    const unit = text.charAt(at);
    if (unit === '@') return colon < 0 || colon + 1 === at ? undefined : { from: colon + 1, to: at };
    if (unit === ':' && colon < 0) colon = at;
    if ('/?# "\'<>\n'.includes(unit)) return undefined;
  }
  return undefined;
}
