import { Agent } from 'undici';
import type { buildConnector } from 'undici';
import { connectorOf, TlsTrust } from '../elasticsearch/index.ts';
import { WitnessError } from './error.ts';

/** Where somebody's server is. */
export interface ServerSettings {
  url: string;
  caFile?: string | undefined;
  proxy?: string | undefined;
}

/** An ML-DSA-44 signature line is 3.3 kB, a reply of a TSA with its certificates some ten. */
const answerBytesMax = 64 * 1024;
const requestMilliseconds = 30_000;
const keepAliveMilliseconds = 10_000;

/** Connections to one server of others, which are its own: bounded in time and answer, without redirects. */
export class Connection {
  readonly #url: URL;
  readonly #dispatcher: Agent;

  private constructor(url: URL, dispatcher: Agent) {
    this.#url = url;
    this.#dispatcher = dispatcher;
  }

  /**
   * Reads what the settings name; nothing is sent.
   *
   * @param key the path of the settings in the configuration
   * @throws ElasticsearchError `settings`, with the key's path
   */
  static async open({ url, caFile, proxy }: ServerSettings, key: string): Promise<Connection> {
    const trust = await TlsTrust.read({ caFile, caName: `${key}.caFile` });
    const throughProxy =
      proxy === undefined ? undefined : { url: new URL(proxy), authorization: async () => undefined };
    const open = connectorOf(trust, throughProxy);
    const connect: buildConnector.connector = (target, callback) =>
      open(target, (error: Error | null, socket) => (error ? callback(error, null) : callback(null, socket)));
    // Redirects are not followed: undici does so only where it is told to.
    const dispatcher = new Agent({
      connect,
      connections: 1,
      pipelining: 1,
      keepAliveTimeout: keepAliveMilliseconds,
      maxResponseSize: answerBytesMax,
    });
    return new Connection(new URL(url), dispatcher);
  }

  /** Posts once, to `path` below the URL. Throws WitnessError `later` where there is no answer. */
  async post(
    { path = '', type, body }: { path?: string; type: string; body: string | Buffer },
    signal: AbortSignal,
  ): Promise<{ status: number; body: Buffer }> {
    const limit = AbortSignal.timeout(requestMilliseconds);
    try {
      const response = await this.#dispatcher.request({
        origin: this.#url.origin,
        path: path === '' ? this.#url.pathname : `${this.#url.pathname.replace(/\/+$/u, '')}${path}`,
        method: 'POST',
        headers: { 'content-type': type, 'user-agent': 'auditseal' },
        body,
        signal: AbortSignal.any([signal, limit]),
      });
      return { status: response.statusCode, body: Buffer.from(await response.body.arrayBuffer()) };
    } catch (cause) {
      const why = limit.aborted ? `no answer in ${requestMilliseconds / 1000} s` : causeOf(cause);
      throw new WitnessError('later', why, { cause });
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

function causeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at ? String(at.code) : '';
    if (/^[A-Z][A-Z\d_]{1,60}$/u.test(code)) return `no answer: ${code}`;
  }
  return 'no answer';
}
