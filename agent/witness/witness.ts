import type { Config } from '../config/index.ts';
import { cosignatureTime, parseWitnessKey, SealError, splitNote } from '../seal/index.ts';
import type { WitnessKey } from '../seal/index.ts';
import { Connection } from './connection.ts';
import { WitnessError } from './error.ts';
import type { Submission } from './line.ts';

/** What a witness answers: a cosignature, or the size of the tree that it has. `fork`: it says that the tree is not what it was. */
export type Answer =
  | { kind: 'cosigned'; line: string; time: number }
  | { kind: 'conflict'; size: number }
  | { kind: 'fork'; why: string };

/** A witness of the configuration, and connections that are its own: C2SP tlog-witness v1.0.0. */
export class Witness {
  readonly key: WitnessKey;
  readonly #connection: Connection;

  private constructor(key: WitnessKey, connection: Connection) {
    this.key = key;
    this.#connection = connection;
  }

  /**
   * Reads what the settings name; nothing is sent.
   *
   * @param index the witness's place in the configuration
   * @throws ElasticsearchError `settings`, with the key's path
   */
  static async open(settings: Config['witnesses'][number], index: number): Promise<Witness> {
    return new Witness(parseWitnessKey(settings.vkey), await Connection.open(settings, `witnesses.${index}`));
  }

  get name(): string {
    return this.key.name;
  }

  /** Asks for a cosignature, once. Throws WitnessError. */
  async addCheckpoint({ old, proof, checkpoint }: Submission, signal: AbortSignal): Promise<Answer> {
    const lines = [`old ${old}`, ...proof.map((hash) => hash.toString('base64'))];
    const { status, body } = await this.#connection.post(
      {
        path: '/add-checkpoint',
        type: 'text/plain; charset=utf-8',
        body: `${lines.join('\n')}\n\n${checkpoint}`,
      },
      signal,
    );
    const text = body.toString();
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
    await this.#connection.close();
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
}

/** The witnesses of a configuration. Throws ElasticsearchError `settings`. */
export async function openWitnesses({ witnesses }: Pick<Config, 'witnesses'>): Promise<Witness[]> {
  return await Promise.all(witnesses.map(async (settings, index) => await Witness.open(settings, index)));
}
