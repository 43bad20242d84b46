import { Agent } from 'undici';
import type { buildConnector, Dispatcher } from 'undici';
import type { Config } from '../config/index.ts';
import { connectorOf, TlsTrust } from '../elasticsearch/index.ts';
import { cosignatureTime, parseWitnessKey, SealError, splitNote } from '../seal/index.ts';
import type { WitnessKey } from '../seal/index.ts';
import { WitnessError } from './error.ts';
import type { Submission } from './line.ts';

/** An ML-DSA-44 signature line is 3.3 kB; a witness may send some of other keys. */
const answerBytesMax = 64 * 1024;
const requestMilliseconds = 30_000;
const keepAliveMilliseconds = 10_000;

/** What a witness answers: a cosignature, or the size of the tree that it has. `fork`: it says that the tree is not what it was. */
export type Answer =
  | { kind: 'cosigned'; line: string; time: number }
  | { kind: 'conflict'; size: number }
  | { kind: 'fork'; why: string };

/** A witness of the configuration, and connections that are its own: C2SP tlog-witness v1.0.0. */
export class Witness {
  readonly key: WitnessKey;
  readonly #url: URL;
  readonly #dispatcher: Dispatcher;

  private constructor(url: URL, key: WitnessKey, dispatcher: Dispatcher) {
    this.#url = url;
    this.key = key;
    this.#dispatcher = dispatcher;
  }

  /**
   * Reads what the settings name; nothing is sent.
   *
   * @param index the witness's place in the configuration
   * @throws ElasticsearchError `settings`, with the key's path
   */
  static async open(
    { url, vkey, caFile, proxy }: Config['witnesses'][number],
    index: number,
  ): Promise<Witness> {
    const trust = await TlsTrust.read({ caFile, caName: `witnesses.${index}.caFile` });
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
    return new Witness(new URL(url), parseWitnessKey(vkey), dispatcher);
  }

  get name(): string {
    return this.key.name;
  }

  /** Asks for a cosignature, once. Throws WitnessError. */
  async addCheckpoint({ old, proof, checkpoint }: Submission, signal: AbortSignal): Promise<Answer> {
    const lines = [`old ${old}`, ...proof.map((hash) => hash.toString('base64'))];
    const { status, text } = await this.#post(`${lines.join('\n')}\n\n${checkpoint}`, signal);
    if (status === 200) return this.#cosignature(checkpoint, text);
    if (status === 409) {
      const size = /^(0|[1-9]\d{0,15})\n?$/u.exec(text)?.[1];
      if (size === undefined) throw new WitnessError('bad-answer', 'it answers 409 without a size');
      return { kind: 'conflict', size: Number(size) };
    }
    if (status === 422)
      return { kind: 'fork', why: 'it answers 422: the tree is not one that its own has grown to' };
    if (status === 404 || status === 403)
      throw new WitnessError('unknown-log', `it answers ${status}: it does not know the log, or its key`);
    throw new WitnessError('later', `it answers ${status}`);
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  /** Of several lines those of other keys and of other kinds are passed over. */
  #cosignature(checkpoint: string, answer: string): Answer {
    const { text } = splitNote(checkpoint);
    try {
      const { lines } = splitNote(`${text}\n${answer}`);
      for (const line of lines) {
        const time = cosignatureTime(text, line, this.key);
        if (time !== undefined) return { kind: 'cosigned', line, time };
      }
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
    }
    throw new WitnessError(
      'bad-answer',
      `what it answers is no cosignature by ${this.key.text.slice(0, 100)}`,
    );
  }

  async #post(body: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
    const limit = AbortSignal.timeout(requestMilliseconds);
    try {
      const response = await this.#dispatcher.request({
        origin: this.#url.origin,
        path: `${this.#url.pathname.replace(/\/+$/u, '')}/add-checkpoint`,
        method: 'POST',
        headers: { 'content-type': 'text/plain; charset=utf-8', 'user-agent': 'auditseal' },
        body,
        signal: AbortSignal.any([signal, limit]),
      });
      return { status: response.statusCode, text: await response.body.text() };
    } catch (cause) {
      const why = limit.aborted ? `no answer in ${requestMilliseconds / 1000} s` : causeOf(cause);
      throw new WitnessError('later', why, { cause });
    }
  }
}

function causeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at ? String(at.code) : '';
    if (/^[A-Z][A-Z\d_]{1,60}$/u.test(code)) return `no answer: ${code}`;
  }
  return 'no answer';
}

/** The witnesses of a configuration. Throws ElasticsearchError `settings`. */
export async function openWitnesses({ witnesses }: Pick<Config, 'witnesses'>): Promise<Witness[]> {
  return await Promise.all(witnesses.map(async (settings, index) => await Witness.open(settings, index)));
}
