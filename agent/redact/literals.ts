import { assignmentsIn } from './assignments.ts';
import { partOf, percentDecoded } from './decoded.ts';
import type { Decoded } from './decoded.ts';
import { Keywords } from './keywords.ts';
import { spanOf } from './span.ts';
import type { RuleName, Span } from './span.ts';
import { endOfRun, isUnit, letters, unitsOf } from './units.ts';

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
  { begins: 'SG.', min: 60 },
  { begins: 'dp.pt.', min: 30 },
  { begins: 'ops_eyJ', min: 40 },
  { begins: 'HRKU-AA', min: 40 },
  { begins: 'hooks.slack.com/services/', min: 20 },
];

/** Hashes of crypt(3) and its kin: who has one tries passwords out. */
const cryptPrefixes = [
  '$1$',
  '$5$',
  '$6$',
  '$7$',
  '$y$',
  '$2a$',
  '$2b$',
  '$2y$',
  '$apr1$',
  '$argon2',
  '$pbkdf2',
];

/** The same with something fixed in the middle: so many units of the class before it, and after. */
interface InnerFormat {
  readonly holds: string;
  readonly before: number;
  readonly after: number;
}

/** OpenAI, Terraform Cloud, a client secret of Azure's directory. */
const innerFormats: readonly InnerFormat[] = [
  { holds: 'T3BlbkFJ', before: 16, after: 16 },
  { holds: '.atlasv1.', before: 14, after: 40 },
  { holds: 'Q~', before: 4, after: 31 },
];
const beforeMax = 256;
const innerByKeyword = new Map(innerFormats.map((format) => [format.holds.toLowerCase(), format]));

const byKeyword = Map.groupBy(formats, ({ begins }) => begins.toLowerCase());
const privateKey = '-----begin';
const jwt = 'eyj';
const url = '://';
/** Of a data source name as Go's MySQL driver has it: `user:password@tcp(host)/`. */
const sourceNames = ['@tcp(', '@unix('];
const schemes = ['bearer ', 'basic '];
const base64Uri = ';base64,';
const dataUris = ['data:,', 'data:;', 'data:text/', 'data:application/'];
/** How formats begin, each letter in its case. */
export const formatBeginnings = formats.map(({ begins }) => begins);
/** What else is looked for, in either case. */
export const textKeywords = [
  ...innerByKeyword.keys(),
  ...cryptPrefixes,
  privateKey,
  jwt,
  url,
  ...sourceNames,
  base64Uri,
  ...dataUris,
];
const keywords = new Keywords([...byKeyword.keys(), ...textKeywords, ...schemes]);

const wordUnits = unitsOf('a-z', 'A-Z', '0-9', '_');
const tokenUnits = unitsOf('a-z', 'A-Z', '0-9', '_+/=.~-');
const cryptUnits = unitsOf('a-z', 'A-Z', '0-9', './$=,+_-');
const mediaTypeUnits = unitsOf('a-z', 'A-Z', '0-9', '/;=+._-');
const uriEndUnits = unitsOf(' \t\r\n"\'<>\\');
const beforePassword = unitsOf(' \t\n"\'`,');
const hostUnits = unitsOf('/?# "\'<>\n');
const smallLetters = unitsOf('a-z');
const schemeMin = 8;
const base64Min = 4;
const cryptMin = 20;
const userMax = 256;
const jwtHeaderMax = 4096;
const authorityMax = 1024;
const mediaTypeMax = 128;

/**
 * Credentials that are known by their form, wherever they stand.
 *
 * @param isTorn the text may end in the middle of one, so that at its end no credential is too short
 */
export function literalsIn(decoded: Decoded, isTorn = false): Span[] {
  const { text } = decoded;
  const spans: Span[] = [];
  let past = 0;
  const found = (from: number, to: number, rule: RuleName) => {
    spans.push(spanOf(decoded, from, to, rule));
    past = to;
  };
  let runEnd = 0;
  let uriEnd = 0;
  // Of a run its end is looked for once, however many keywords are in it.
  const endOfToken = (from: number) => (from < runEnd ? runEnd : (runEnd = endOfRun(text, from, tokenUnits)));
  const isLong = (from: number, to: number, min: number) =>
    to - from >= min || (isTorn && to === text.length && to > from);
  for (const { at, keyword } of keywords.findIn(text)) {
    if (at < past) continue;
    const end = at + keyword.length;
    if (keyword === privateKey) {
      if (isPrivateKey(text, end)) found(at, endOfPrivateKey(text, end), 'private-key');
    } else if (keyword === jwt) {
      const to = endOfToken(at);
      if (isJwt(text, at) || (isTorn && to === text.length)) found(at, to, 'literal');
    } else if (keyword === url) {
      const password = passwordOf(text, end, isTorn);
      if (password) found(password.from, password.to, 'url-password');
    } else if (sourceNames.includes(keyword)) {
      const start = Math.max(past, at - userMax);
      const colon = text.slice(start, at).indexOf(':', startOfUser(text.slice(start, at)));
      if (colon >= 0 && start + colon + 1 < at) found(start + colon + 1, at, 'url-password');
    } else if (schemes.includes(keyword)) {
      const to = endOfToken(end);
      if (isLong(end, to, schemeMin) && !isWord(text.slice(end, to))) found(end, to, 'authorization');
    } else if (keyword === base64Uri) {
      const to = endOfToken(end);
      if (isLong(end, to, base64Min)) found(end, to, 'data-uri');
    } else if (dataUris.includes(keyword)) {
      // One inside another is part of its content.
      if (at < uriEnd) continue;
      uriEnd = endOfUri(text, end);
      for (const span of inDataUri(decoded, at, uriEnd)) spans.push(span);
    } else if (cryptPrefixes.includes(keyword)) {
      const to = endOfRun(text, end, cryptUnits);
      if (isLong(at, to, cryptMin)) found(at, to, 'literal');
    } else if (innerByKeyword.has(keyword)) {
      const { holds, before, after } = innerByKeyword.get(keyword)!;
      const from = text.startsWith(holds, at) ? startOfToken(text, at, past) : at;
      const to = endOfToken(end);
      if (at - from >= before && isLong(end, to, after)) found(from, to, 'literal');
    } else {
      const format = byKeyword.get(keyword)!.find(({ begins }) => text.startsWith(begins, at));
      if (format === undefined || isUnit(text, at - 1, wordUnits)) continue;
      const to = endOfToken(end);
      if (isLong(end, to, format.min)) found(at, to, 'literal');
    }
  }
  return spans;
}

/** `Basic authentication` is prose: no digit, no sign, and no capital but the first letter. */
function isWord(token: string): boolean {
  const end = endOfRun(token, 1, smallLetters);
  return (
    isUnit(token, 0, letters) && (end === token.length || (end === token.length - 1 && token.endsWith('.')))
  );
}

/** A `data:` URI (RFC 2397) whose content is text: Ignition writes files so. In base64 it has a keyword of its own. */
function inDataUri(decoded: Decoded, at: number, end: number): Span[] {
  const { text } = decoded;
  const comma = endOfRun(text, at + 'data:'.length, mediaTypeUnits, Math.min(end, at + mediaTypeMax));
  if (text[comma] !== ',' || text.slice(at, comma).endsWith(';base64')) return [];
  return assignmentsIn(percentDecoded(partOf(decoded, comma + 1, end)));
}

function endOfUri(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isUnit(text, at, uriEndUnits)) at += 1;
  return at;
}

/** How far back a token reaches, at most to `past`. */
function startOfToken(text: string, from: number, past: number): number {
  let at = from;
  while (at > past && at > from - beforeMax && isUnit(text, at - 1, tokenUnits)) at -= 1;
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

/** Where the name before the password of a data source begins. */
function startOfUser(text: string): number {
  let at = text.length;
  while (at > 0 && !isUnit(text, at - 1, beforePassword)) at -= 1;
  return at;
}

/** A JSON Web Token (RFC 7519): header and payload begin as base64url of `{"`. */
function isJwt(text: string, from: number): boolean {
  if (!text.startsWith('eyJ', from) || isUnit(text, from - 1, wordUnits)) return false;
  const dot = from + text.slice(from, from + jwtHeaderMax).indexOf('.');
  return dot - from >= 10 && text.startsWith('.eyJ', dot) && text.includes('.', dot + 1);
}

/** The password in `scheme://user:password@host` (RFC 3986 §3.2.1). */
function passwordOf(text: string, from: number, isTorn: boolean): { from: number; to: number } | undefined {
  let colon = -1;
  for (let at = from; at < text.length && at < from + authorityMax; at += 1) {
    const unit = text.charAt(at);
    if (unit === '@') return colon < 0 || colon + 1 === at ? undefined : { from: colon + 1, to: at };
    if (unit === ':' && colon < 0) colon = at;
    if (isUnit(text, at, hostUnits)) return undefined;
  }
  const isCut = isTorn && colon >= 0 && colon + 1 < text.length && text.length <= from + authorityMax;
  return isCut ? { from: colon + 1, to: text.length } : undefined;
}
