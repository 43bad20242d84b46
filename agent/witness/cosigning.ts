import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { createDocument, ElasticsearchError } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { messageOf } from '../error.ts';
import type { Logger, SourceMeter } from '../observe/index.ts';
import { cosignatureDocument, parseVerifierKey, splitNote } from '../seal/index.ts';
import type { Committer, CosigningRow, StoredBatch, Transaction } from '../store/index.ts';
import { recordStream } from '../streams/index.ts';
import { catchUp } from './catch-up.ts';
import { WitnessError } from './error.ts';
import { Line } from './line.ts';
import type { Submission } from './line.ts';
import { addedBy } from './sealed-batch.ts';
import type { Witness } from './witness.ts';

const pauseMilliseconds = { least: 1000, most: 300_000 };
/** How often a failure is logged while it lasts. */
const sayMilliseconds = 300_000;
/** Of one source and witness: logs that have ended, and wait for a witness that is away. */
const linesMax = 8;
/** A conflict is settled by one more request; a witness that says ever other sizes is one of several. */
const conflictsMax = 4;

export interface CosigningParts {
  sourceName: string;
  witnesses: readonly Witness[];
  /** How many of them make a quorum. */
  quorum: number;
  /** At least so long between two checkpoints that one witness is sent. */
  everySeconds: number;
  client: ElasticsearchClient;
  /** One that may read, where there is one: for a witness that is at a size that the state knows nothing of. */
  reader: ElasticsearchClient | undefined;
  namespace: string;
  committer: Pick<Committer, 'commitLazily'>;
  meter: SourceMeter;
  logger: Logger;
  now: () => Date;
  /** As it was stored. */
  rows: readonly CosigningRow[];
}

interface Followed {
  origin: string;
  witness: Witness;
  line: Line;
}

/**
 * Has the checkpoints of one source cosigned by witnesses, once Elasticsearch has them, and keeps the cosignatures in the record
 * stream. Nothing waits for it: what a witness does not answer is asked again.
 */
export class Cosigning {
  readonly #parts: CosigningParts;
  readonly #followed = new Map<string, Followed>();
  readonly #saidAt = new Map<string, number>();
  /** Lines of which a witness has seen another tree: a person has to look into that. */
  readonly #forked = new Set<Followed>();
  #wake = new AbortController();

  constructor(parts: CosigningParts) {
    this.#parts = parts;
    const { witnesses, rows, meter, now } = parts;
    for (const { origin, witness: vkey, state } of rows) {
      const witness = witnesses.find(({ key }) => key.text === vkey);
      const line = witness && state !== null ? this.#parsed(state) : undefined;
      if (witness && line) this.#followed.set(nameOf(origin, witness), { origin, witness, line });
    }
    for (const { name } of witnesses)
      meter.cosigning.declare(name, Math.floor(now().getTime() / 1000), parts.quorum);
    for (const { witness, line } of this.#followed.values())
      if (line.cosignedAt !== undefined) meter.cosigning.cosigned(witness.name, line.cosignedAt);
  }

  /** Takes a batch that Elasticsearch has; resolves with what is to become durable with that. Never rejects. */
  async take({ origin, vkey, record, number }: StoredBatch): Promise<Partial<Transaction>> {
    const { sourceName: source, witnesses, logger } = this.#parts;
    try {
      const { leaves, tree, checkpoint } = addedBy({ record });
      const newest = { size: tree.to, tree, checkpoint };
      const cosigning = witnesses.map((witness): CosigningRow => {
        const name = nameOf(origin, witness);
        const known = this.#followed.get(name);
        // One that a hole has come into begins anew: the witness says where it is, and records tell the rest.
        const followed =
          known?.line.take(leaves, tree, checkpoint) === true
            ? known
            : { origin, witness, line: new Line(vkey, newest) };
        this.#followed.set(name, followed);
        return { source, origin, witness: witness.key.text, state: followed.line.toString() };
      });
      return { cosigning: [...cosigning, ...this.#leaveOld()] };
    } catch (error) {
      logger.error(
        { error, 'auditseal.source': source },
        `batch ${number} of ${origin} is not cosigned: ${messageOf(error)}; its events are as safe as before. Report this`,
      );
      return {};
    }
  }

  /** What was taken is durable: it may be asked for. */
  notify(): void {
    this.#wake.abort();
  }

  /** Until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#parts.witnesses.map(async (witness) => await this.#follow(witness, signal)));
  }

  async #follow(witness: Witness, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const due = this.#due(witness);
      if (due) await this.#untilCosigned(due, signal);
      else await this.#news(signal);
      if (due && !signal.aborted) await pause(this.#parts.everySeconds * 1000, signal);
    }
  }

  /** The oldest log of which the witness is behind. */
  #due(witness: Witness): Followed | undefined {
    return [...this.#followed.values()]
      .filter((each) => each.witness === witness && !this.#forked.has(each))
      .toSorted((a, b) => (a.origin < b.origin ? -1 : 1))
      .find(({ line }) => line.next() !== undefined);
  }

  async #untilCosigned(followed: Followed, signal: AbortSignal): Promise<void> {
    const { meter } = this.#parts;
    try {
      await pRetry(async () => await this.#ask(followed, signal), {
        retries: Infinity,
        minTimeout: pauseMilliseconds.least,
        maxTimeout: pauseMilliseconds.most,
        randomize: true,
        signal,
        onFailedAttempt: ({ error }) => {
          if (signal.aborted) return;
          meter.cosigning.failed(followed.witness.name);
          this.#say(followed, error);
        },
      });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #ask(followed: Followed, signal: AbortSignal): Promise<void> {
    const { line, witness, origin } = followed;
    for (let conflicts = 0; conflicts <= conflictsMax; conflicts += 1) {
      const submission = line.next();
      if (!submission) return;
      const answer = await witness.addCheckpoint(submission, signal);
      if (answer.kind === 'cosigned') return await this.#keep(followed, submission, answer, signal);
      if (answer.kind === 'fork') return this.#alarm(followed, answer.why);
      const how = line.conflict(answer.size, this.#sealedSize(followed));
      if (how === 'fork')
        return this.#alarm(
          followed,
          `it has cosigned size ${answer.size}, and the log has never been larger than ${this.#sealedSize(followed)}`,
        );
      if (how === 'records') await this.#catchUp(followed, answer.size, signal);
    }
    throw new WitnessError('later', `it says another size of ${origin} each time: is it one of several?`);
  }

  /** The cosignature becomes a document of the record stream before it counts as had. */
  async #keep(
    { line, witness, origin }: Followed,
    { checkpoint, size }: Submission,
    { line: signature, time }: { line: string; time: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { client, namespace, now, sourceName: source, committer, meter, logger } = this.#parts;
    const said = { text: splitNote(checkpoint).text, line: signature, vkey: line.vkey };
    const document = cosignatureDocument(said, witness.key, namespace, now());
    await createDocument(client, { stream: recordStream(namespace), ...document, signal });
    line.cosigned(time);
    meter.cosigning.cosigned(witness.name, time);
    this.#saidAt.delete(witness.name);
    logger.debug(
      { 'auditseal.origin': origin, 'auditseal.witness': witness.name, 'auditseal.size': size },
      'cosigned',
    );
    const row = { source, origin, witness: witness.key.text, state: line.toString() };
    // Lost in a crash, it is asked for again; what fails here fails every commit, and is said there.
    committer.commitLazily({ cosigning: [row, ...this.#leaveOld()] }).catch(() => undefined);
  }

  async #catchUp({ line, origin, witness }: Followed, from: number, signal: AbortSignal): Promise<void> {
    const { reader, namespace } = this.#parts;
    const to = line.next()?.size ?? 0;
    const why = `the witness has size ${from} of ${origin}, of which the state knows nothing`;
    if (!reader)
      throw new WitnessError(
        'later',
        `${why}: with elasticsearch.lookupApiKeyFile the agent reads what was added since from the records`,
      );
    const key = parseVerifierKey(line.vkey);
    const found = from < to ? await catchUp({ client: reader, namespace, key, from, to, signal }) : undefined;
    if (!found || !line.goOnFrom(found.tree, found.grown))
      throw new WitnessError(
        'later',
        `${why}, and the records do not show what was added since (${witness.name})`,
      );
  }

  /** Of the log that is being written what is durable, since a tree that was never signed cannot have been cosigned. */
  #sealedSize({ origin, line }: Followed): number {
    const { log } = this.#parts.meter;
    return Math.max(line.size, log?.origin === origin ? log.size : 0);
  }

  #alarm(followed: Followed, why: string): void {
    const { witness, origin } = followed;
    this.#forked.add(followed);
    this.#parts.meter.cosigning.forked(witness.name);
    this.#parts.logger.error(
      { 'auditseal.origin': origin, 'auditseal.witness': witness.name },
      `fork: the witness has seen another history of ${origin}: ${why}. Either this state was rolled back or copied, or somebody else signs with the log's key: ` +
        'run auditseal verify with --witness, and find out who touched the node. It is asked nothing more of this log until the agent is restarted',
    );
  }

  /** Logs that have ended and are cosigned whole, and the oldest of too many. */
  #leaveOld(): CosigningRow[] {
    const left: CosigningRow[] = [];
    for (const witness of this.#parts.witnesses) {
      const all = [...this.#followed.values()]
        .filter((each) => each.witness === witness)
        .toSorted((a, b) => (a.origin < b.origin ? 1 : -1));
      for (const [at, followed] of all.entries()) {
        const { origin, line } = followed;
        if (at === 0 || (at < linesMax && line.cosignedSize < line.size)) continue;
        this.#followed.delete(nameOf(origin, witness));
        left.push({ source: this.#parts.sourceName, origin, witness: witness.key.text, state: null });
      }
    }
    return left;
  }

  #say({ witness, line, origin }: Followed, error: Error): void {
    const before = this.#saidAt.get(witness.name) ?? -Infinity;
    if (performance.now() - before < sayMilliseconds) return;
    this.#saidAt.set(witness.name, performance.now());
    const isUnknown = error instanceof WitnessError && error.code === 'unknown-log';
    const next = isUnknown ? `; give whoever runs it this vkey: ${line.vkey}` : '';
    const what =
      error instanceof ElasticsearchError
        ? 'the cosignature could not be stored'
        : 'the witness did not cosign';
    this.#parts.logger.warn(
      { 'auditseal.witness': witness.name, 'auditseal.origin': origin },
      `${what}: ${messageOf(error)}${next}. It is asked again; shipping goes on`,
    );
  }

  #parsed(state: string): Line | undefined {
    try {
      return Line.parse(state);
    } catch (error) {
      this.#parts.logger.warn(
        { error },
        'what the state says of a witness cannot be read: it is asked where it is',
      );
      return undefined;
    }
  }

  async #news(signal: AbortSignal): Promise<void> {
    // A timer of Node's has 31 bits.
    if (!this.#wake.signal.aborted) await pause(2 ** 30, AbortSignal.any([signal, this.#wake.signal]));
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
  }
}

function nameOf(origin: string, { key }: Witness): string {
  return `${origin}\n${key.text}`;
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
