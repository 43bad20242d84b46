import { request as httpRequest } from 'node:http';
import { messageOf } from '../error.ts';
import { connectorOf, Credentials, readText, TlsTrust } from '../elasticsearch/index.ts';
import { fromStatus, parse } from './answer.ts';
import { KibanaError } from './error.ts';

/** Where Kibana is, and whom it takes us for. Secrets are in files. */
export interface KibanaSettings {
  /** With the base path, if it has one. */
  url: string;
  /** Undefined: the default space. */
  space: string | undefined;
  apiKeyFile: string | undefined;
  username: string | undefined;
  passwordFile: string | undefined;
  /** PEM; undefined: the CAs that Node carries. */
  caFile: string | undefined;
  /** Limit of one request, from its start to the last byte of the answer. */
  requestSeconds: number;
}

export interface KibanaRequest {
  method: 'GET' | 'POST' | 'PUT';
  /** Below the space: `/api/dashboards/x`. */
  path: string;
  /** Not of a space: `path` is below Kibana's root. */
  global?: boolean;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as a form with one file, `file`, in place of a body. */
  file?: { name: string; text: string };
  /** Statuses from 400 on that are an answer, not an error. */
  expect?: readonly number[];
}

export interface KibanaAnswer {
  status: number;
  body: unknown;
}

const answerBytesMax = 16 * 1024 * 1024;
/** The one version of Kibana's public APIs (docs: "Versioned APIs"), dated as Elastic dates them. */
const apiVersion = '2023-10-31';
/** Never part of what is sent: JSON and NDJSON have no such line. */
const boundary = 'auditseal-0e1c7a52b9d44c0f';

/** Sends requests to one space of a Kibana, each once, on a connection of its own. */
export class Kibana {
  readonly #settings: KibanaSettings;
  readonly #base: URL;
  readonly #header: string | undefined;
  readonly #connect: ReturnType<typeof connectorOf>;
  readonly #signal: AbortSignal;

  private constructor(
    settings: KibanaSettings,
    credentials: Credentials,
    trust: TlsTrust,
    signal: AbortSignal,
  ) {
    this.#settings = settings;
    this.#base = new URL(settings.url);
    this.#header = credentials.header;
    this.#connect = connectorOf(trust, undefined);
    this.#signal = signal;
  }

  /** Nothing is sent. Throws ElasticsearchError `settings` naming the file and the option. */
  static async create(settings: KibanaSettings, signal: AbortSignal): Promise<Kibana> {
    const { apiKeyFile, username, passwordFile, caFile } = settings;
    const names = { apiKeyName: '--kibana-api-key-file', passwordName: '--kibana-password-file' };
    const credentials = await Credentials.read({ apiKeyFile, username, passwordFile, ...names });
    const trust = await TlsTrust.read({ caFile, caName: '--kibana-ca-file' });
    return new Kibana(settings, credentials, trust, signal);
  }

  get url(): string {
    return this.#base.href.replace(/\/$/u, '');
  }

  /** The path as Kibana sees it, behind its base path: with the space. */
  pathOf(path: string): string {
    const { space } = this.#settings;
    return space === undefined ? path : `/s/${encodeURIComponent(space)}${path}`;
  }

  #pathOf({ path, global = false }: KibanaRequest): string {
    return global ? path : this.pathOf(path);
  }

  /** Throws KibanaError with what Kibana said, and the remedy. */
  async request(wanted: KibanaRequest): Promise<KibanaAnswer> {
    const where = `${wanted.method} ${this.url}${this.#pathOf(wanted)}`;
    const limit = AbortSignal.timeout(this.#settings.requestSeconds * 1000);
    let answer: { status: number; location: string | undefined; text: string };
    try {
      answer = await this.#exchange(wanted, AbortSignal.any([this.#signal, limit]));
    } catch (cause) {
      const why = messageOf(cause);
      const late = `no whole answer in ${this.#settings.requestSeconds} s`;
      throw new KibanaError('unreachable', `${where}: ${limit.aborted ? late : why}`, { cause });
    }
    const { status, location, text } = answer;
    if (status >= 300 && status < 400)
      throw new KibanaError(
        'refused',
        `${where}: ${status}, sent on to ${location}. Is Kibana's base path missing in --kibana-url?`,
      );
    if (status >= 400 && !wanted.expect?.includes(status)) throw fromStatus(where, status, text);
    return { status, body: parse(where, status, text) };
  }

  #exchange(wanted: KibanaRequest, signal: AbortSignal) {
    const { method, body, file } = wanted;
    const content = file ? form(file) : body === undefined ? undefined : JSON.stringify(body);
    const { protocol, hostname, port, pathname } = this.#base;
    const request = httpRequest({
      method,
      path: `${pathname.replace(/\/$/u, '')}${this.#pathOf(wanted)}`,
      host: hostname,
      // TLS is the connector's, so this is plain HTTP on its socket.
      createConnection: (_options, done) => {
        this.#connect({ hostname, port, protocol }, (error, socket) => done(error ?? null, socket));
        return undefined;
      },
      signal,
      headers: {
        host: this.#base.host,
        accept: 'application/json',
        connection: 'close',
        'kbn-xsrf': 'auditseal',
        'elastic-api-version': apiVersion,
        ...(this.#header !== undefined && { authorization: this.#header }),
        ...(content !== undefined && {
          'content-type': file ? `multipart/form-data; boundary=${boundary}` : 'application/json',
          'content-length': Buffer.byteLength(content),
        }),
      },
    });
    return new Promise<{ status: number; location: string | undefined; text: string }>((resolve, reject) => {
      request.once('error', reject);
      request.once('response', (response) => {
        const { statusCode: status = 0, headers } = response;
        readText(response, answerBytesMax).then(
          (text) => resolve({ status, location: headers.location, text }),
          reject,
        );
      });
      request.end(content);
    });
  }
}

function form({ name, text }: { name: string; text: string }): string {
  const head = `content-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: application/ndjson`;
  return `--${boundary}\r\n${head}\r\n\r\n${text}\r\n--${boundary}--\r\n`;
}
