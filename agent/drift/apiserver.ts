import { get as getPlain } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { isFields } from '../event/index.ts';
import { fileBytesMax, InputError, readTextFile } from '../input/index.ts';
import { DriftError } from './error.ts';

/** How an apiserver is asked about itself. */
export interface ApiserverSettings {
  /** Of the apiserver of this very node: a Service would answer for any of them. */
  readonly url: string;
  /** A bearer token; read at each look, since it is changed every hour. */
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

/** What an apiserver's own metrics say of its audit. */
export interface AuditMetrics {
  /** Events by level, of this process of its; `None` is what a policy left out. */
  readonly levels: ReadonlyMap<string, number>;
  readonly errors: number;
  readonly rejected: number;
  readonly startedAt: Date | undefined;
  /** `1.35`. */
  readonly version: string | undefined;
}

const milliseconds = 20_000;
/** The metrics of a large cluster have some 50 MB. */
const bytesMax = 256 * 1024 * 1024;
const lineCharsMax = 16 * 1024;
const flagzCharsMax = 1024 * 1024;

/** k8s.io/component-base/zpages/flagz: JSON since 1.35, text before. */
const flagzTypes =
  'application/json;v=v1beta1;g=config.k8s.io;as=Flagz, application/json;v=v1alpha1;g=config.k8s.io;as=Flagz, text/plain';

/**
 * All flags in force, defaults too, of `GET /flagz` (alpha in Kubernetes 1.32, on by default since 1.36; ClusterRole `system:monitoring`
 * may). Throws DriftError `unreadable`.
 */
export async function flagzOf(
  settings: ApiserverSettings,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const lines: string[] = [];
  let chars = 0;
  await read(settings, '/flagz', flagzTypes, signal, (line) => {
    chars += line.length;
    if (chars > flagzCharsMax) throw new DriftError('unreadable', '/flagz is longer than all flags can be');
    lines.push(line);
  });
  return parseFlagz(lines.join('\n'));
}

/** The text has one of four delimiters, chosen at random, so that nobody parses it. */
export function parseFlagz(text: string): Map<string, string> {
  if (text.trimStart().startsWith('{')) {
    const body: unknown = JSON.parse(text);
    const flags = isFields(body) && isFields(body['flags']) ? body['flags'] : {};
    return new Map(Object.entries(flags).map(([name, value]) => [name, String(value)]));
  }
  const found = text.split('\n').map((line) => /^([a-z][a-z0-9-]+)(?:: |:|=| )(.*)$/u.exec(line));
  return new Map(found.flatMap((match) => (match ? [[match[1]!, match[2]!] as const] : [])));
}

/** What `GET /metrics` says of auditing. Throws DriftError `unreadable`. */
export async function auditMetricsOf(
  settings: ApiserverSettings,
  signal: AbortSignal,
): Promise<AuditMetrics> {
  const parser = new MetricsParser();
  await read(settings, '/metrics', 'text/plain', signal, (line) => parser.take(line));
  return parser.end();
}

/** Takes the lines that are about auditing out of Prometheus' text format. */
export class MetricsParser {
  readonly #levels = new Map<string, number>();
  #errors = 0;
  #rejected = 0;
  #startedAt: Date | undefined;
  #version: string | undefined;

  take(line: string): void {
    const [, name = '', labels = '', text = ''] = /^([a-z_]+)(?:\{(.*)\})? (\S+)/u.exec(line) ?? [];
    const value = Number(text);
    if (!Number.isFinite(value)) return;
    if (name === 'apiserver_audit_level_total') {
      const level = /level="(\w{1,20})"/u.exec(labels)?.[1];
      if (level !== undefined && this.#levels.size < 8) this.#levels.set(level, value);
    } else if (name === 'apiserver_audit_error_total') this.#errors += value;
    else if (name === 'apiserver_audit_requests_rejected_total') this.#rejected += value;
    else if (name === 'process_start_time_seconds') this.#startedAt = new Date(value * 1000);
    else if (name === 'kubernetes_build_info')
      this.#version = /git_version="v(\d+\.\d+)/u.exec(labels)?.[1] ?? this.#version;
  }

  end(): AuditMetrics {
    return {
      levels: this.#levels,
      errors: this.#errors,
      rejected: this.#rejected,
      startedAt: this.#startedAt,
      version: this.#version,
    };
  }
}

async function read(
  settings: ApiserverSettings,
  path: string,
  accept: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const [token, ca] = await Promise.all([textOf(settings.tokenFile), textOf(settings.caFile)]);
  const headers = { accept, ...(token !== undefined && { authorization: `Bearer ${token.trim()}` }) };
  const url = new URL(path, settings.url);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
  const where = `GET ${url.origin}${path}`;
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request =
        url.protocol === 'https:'
          ? get(url, { headers, signal: limit, agent: false, ...(ca !== undefined && { ca }) }, resolve)
          : getPlain(url, { headers, signal: limit, agent: false }, resolve);
      request.on('error', reject);
    });
    if (response.statusCode !== 200) {
      response.destroy();
      throw new DriftError('unreadable', `${where} was answered ${response.statusCode}`);
    }
    await eachLine(response, onLine);
  } catch (cause) {
    if (cause instanceof DriftError) throw cause;
    const why = limit.aborted
      ? `no answer within ${milliseconds / 1000} s`
      : String(cause instanceof Error && 'code' in cause ? cause.code : 'failed');
    throw new DriftError('unreadable', `${where}: ${why}`, { cause });
  }
}

async function eachLine(response: IncomingMessage, onLine: (line: string) => void): Promise<void> {
  let rest = '';
  let bytes = 0;
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new DriftError('unreadable', `more than ${bytesMax} bytes were answered`);
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, lineCharsMax);
    for (const line of lines) onLine(line);
  }
  if (rest !== '') onLine(rest);
}

async function textOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readTextFile(file, fileBytesMax.certificates);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new DriftError('unreadable', `${file} ${cause.message}`, { cause });
  }
}
