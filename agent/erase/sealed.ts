import type { ElasticsearchClient, Hit } from '../elasticsearch/index.ts';
import { PointInTime, walk } from '../elasticsearch/index.ts';
import { eventDocumentId, hashBytes, leafHash, logIdOf } from '../seal/index.ts';
import { recordStream } from '../streams/index.ts';
import { eventIdClaim, eventPlace, holdingWalk, judgeRecord, leafInside } from '../verify/index.ts';

/** Records of one place that are looked at: one would do, had nobody forged others beside it. */
const recordsMax = 20;

/** Leaf hashes of a run of indexes of one log, by the records that hold it. */
interface Run {
  origin: string;
  first: number;
  logId: string;
  leaves: Buffer;
  /** Milliseconds since 1970. */
  sealedAt: number;
}

/** Where a document lies in a log, if it is what the log's records say was sealed there. */
export interface Place {
  origin: string;
  index: number;
  /** When its batch was sealed, milliseconds since 1970. */
  sealedAt: number;
}

/**
 * Tells documents that are as sealed from others. Whoever may write could put a person's name into a document at the index of
 * another event: to sign that index away as erased would hide that the other one was deleted.
 */
export class Sealed implements AsyncDisposable {
  readonly #client: ElasticsearchClient;
  readonly #namespace: string;
  readonly #records: PointInTime;
  readonly #signal: AbortSignal | undefined;
  #run: Run | undefined;

  private constructor(
    client: ElasticsearchClient,
    namespace: string,
    records: PointInTime,
    signal?: AbortSignal,
  ) {
    this.#client = client;
    this.#namespace = namespace;
    this.#records = records;
    this.#signal = signal;
  }

  /** Undefined where there is no stream of records. Throws ElasticsearchError. */
  static async open(
    client: ElasticsearchClient,
    namespace: string,
    signal?: AbortSignal,
  ): Promise<Sealed | undefined> {
    const records = await PointInTime.open(client, recordStream(namespace), signal);
    return records && new Sealed(client, namespace, records, signal);
  }

  /** Undefined if no valid record holds it, records contradict each other, or it is not what was sealed. Throws ElasticsearchError. */
  async placeOf({ id, source }: Hit): Promise<Place | undefined> {
    const claim = eventIdClaim(id);
    const { origin, index } = eventPlace(source);
    if (claim === undefined || origin === undefined || index !== claim.index) return undefined;
    if (!this.#holds(origin, index)) this.#run = await this.#read(origin, index);
    const run = this.#run;
    if (run === undefined) return undefined;
    const offset = (index - run.first) * hashBytes;
    const leaf = run.leaves.subarray(offset, offset + hashBytes);
    if (leaf.length !== hashBytes || id !== eventDocumentId(run.logId, index, leaf)) return undefined;
    const isSame = leafHash(source).equals(leaf) || leafInside(source)?.equals(leaf) === true;
    return isSame ? { origin, index, sealedAt: run.sealedAt } : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#records.close();
  }

  #holds(origin: string, index: number): boolean {
    const run = this.#run;
    return run?.origin === origin && index >= run.first && index < run.first + run.leaves.length / hashBytes;
  }

  /** The batch that holds an index; of several records that say so all that are valid have to say the same. */
  async #read(origin: string, index: number): Promise<Run | undefined> {
    let run: Run | undefined;
    let looked = 0;
    for await (const hit of walk(this.#client, this.#records, holdingWalk(origin, index), this.#signal)) {
      looked += 1;
      if (looked > recordsMax) return undefined;
      const { record } = judgeRecord(hit, this.#namespace);
      if (record === undefined || record.manifest.origin !== origin) continue;
      const { first, count, sealedAt } = record.manifest;
      if (index < first || index >= first + count) continue;
      const found = {
        origin,
        first,
        logId: logIdOf(record.key.text),
        leaves: Buffer.from(record.leafHashes),
        sealedAt: Date.parse(sealedAt),
      };
      if (run && !(run.first === first && run.logId === found.logId && run.leaves.equals(found.leaves)))
        return undefined;
      run = found;
    }
    return run;
  }
}
