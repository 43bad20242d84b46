import { batchKey, Entries, formatOrigin, jsonString, Log, refusalNote, refusedForm, sha256, startMarker, Tally } from '../../../agent/seal/index.ts';
import type { EpochReason, Gap, Notice, RefusedForm, Sealed } from '../../../agent/seal/index.ts';
import type { TrustFile } from '../../../agent/trust/index.ts';
import { eventsIndex, privateKeyOf, recordsIndex } from '../../kit/seal/log.ts';
import type { Written } from '../../kit/seal/log.ts';

const name = { cluster: 'prod', node: 'cp-1', source: 'kube-apiserver' };
const agent = { name: 'auditseal', version: '0.1.0' };
const policyText = 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n  - level: Metadata\n';
const configText = 'sources:\n  - name: kube-apiserver\n';
const secret = sha256('secret of the golden vectors');

/** One batch: what was read, and what became of it. */
export interface GoldenBatch {
  lines?: readonly Buffer[];
  /** Positions in `lines` that rule `rule-3` dropped. */
  dropped?: readonly number[];
  /** Of the events that Elasticsearch refused, by position: what is left out of their form. */
  refused?: Readonly<Record<number, RefusedForm>>;
  notices?: readonly Notice[];
  /** Bytes that were gone before this batch's lines. */
  lost?: number;
  /** The file was rotated and has been read to its end. */
  ends?: boolean;
  seconds?: number;
}

/**
 * An agent from which all that is left to chance or to the machine was taken: keys, secret, clock and entries are fixed. What
 * surrounds the entries is made by the code that makes it in production.
 */
export class GoldenWriter {
  readonly written: Written = { namespace: 'auditseal', records: [], events: [] };
  readonly trust: TrustFile;
  now = new Date('2026-11-23T00:44:38.000Z');
  log: Log;
  #file = 0;
  #offset = 0;
  #after: string | undefined;
  #refusals: Notice[] = [];

  readonly #sealed: Buffer[];

  /** `entries` are the exact bytes of the events that are kept, in order. */
  constructor(entries: readonly Buffer[]) {
    this.#sealed = [...entries];
    this.log = openLog('20261123T004438Z');
    this.trust = { v: 1, logs: [{ ...name, vkey: this.log.key.verifier.text }], operators: [], erasers: [] };
  }

  start(): Notice[] {
    const { id, source } = startMarker(1, this.log.key, 'auditseal', this.now);
    this.#record(id, source);
    return [{ kind: 'start', at: this.#at() }, ...this.#epochNotices('first')];
  }

  batch(options: GoldenBatch): Sealed {
    const tally = new Tally();
    const gaps = options.lost === undefined ? [] : [this.#lose(options.lost)];
    const entries = this.#entries(options, tally);
    this.#documents(entries, options.refused ?? {});
    const notices = [...(options.notices ?? []), ...this.#refusals.splice(0)];
    this.#refusals = this.#refuse(options.refused ?? {});
    const { earliest, latest } = tally;
    const sealed = this.log.seal(
      {
        sealedAt: this.#at(),
        ...(earliest !== undefined && { earliest }),
        ...(latest !== undefined && { latest }),
        heartbeatSeconds: 60,
        retentionDays: 400,
        sources: tally.sources(batchKey(secret, this.log.origin, this.log.nextBatch)),
        gaps,
        read: tally.read,
        pieces: tally.pieces,
        joined: 0,
        malformed: tally.malformed,
        dropped: tally.dropped,
        reduced: tally.reduced,
        redacted: {},
        policy: digestOf(policyText),
        config: digestOf(configText),
        agent,
        notices,
      },
      entries.leafHashes(),
      'auditseal',
    );
    this.#record(sealed.record.id, sealed.record.bytes);
    this.now = new Date(this.now.getTime() + 1000 * (options.seconds ?? 10));
    return sealed;
  }

  /** The last batch of this epoch, which names the next one's key, and a new log; returns its first notices. */
  turn(epoch: string, options: GoldenBatch): Notice[] {
    const next = openLog(epoch);
    this.batch({
      ...options,
      notices: [{ kind: 'next', at: this.#at(), vkey: next.key.verifier.text }],
    });
    const previous = this.log.checkpoint!;
    this.log = next;
    return this.#epochNotices('age', previous);
  }

  stop(): Notice {
    return { kind: 'stop', at: this.#at() };
  }

  #at(): string {
    return this.now.toISOString();
  }

  #epochNotices(reason: EpochReason, previous?: string): Notice[] {
    const at = this.#at();
    return [
      { kind: 'epoch', at, reason, ...(previous !== undefined && { previous }) },
      { kind: 'policy', at, text: policyText },
      { kind: 'config', at, text: configText },
    ];
  }

  #entries({ lines = [], dropped = [], ends }: GoldenBatch, tally: Tally): Entries {
    const entries = new Entries({ bytes: 1024, events: 4, memberBytesMax: 1024 * 1024 });
    entries.begin(this.log.logId, this.log.size);
    const { path, file } = this.#place();
    for (const [i, line] of lines.entries()) {
      const bytes = Buffer.concat([line, Buffer.from('\n')]);
      const start = this.#offset;
      this.#offset += bytes.length;
      tally.addRun({ path, file, after: this.#after, start, end: this.#offset }, bytes, 1);
      this.#after = undefined;
      if (dropped.includes(i)) tally.count(tally.dropped, 'rule-3');
      else this.#add(entries, tally);
    }
    if (ends) {
      tally.addEnd(path, file, this.#offset);
      this.#after = file;
      this.#file += 1;
      this.#offset = 0;
    }
    return entries;
  }

  /** The next of the entries, whatever shape a product of today would give the line. */
  #add(entries: Entries, tally: Tally): void {
    const entry = this.#sealed.shift();
    if (!entry) throw new Error('there are fewer entries than lines that are kept');
    const { '@timestamp': timestamp, event } = JSON.parse(entry.toString()) as { '@timestamp': string; event: { kind: string } };
    if (event.kind === 'pipeline_error') tally.malformed += 1;
    entries.add([entry]);
    tally.addTimestamp(timestamp);
  }

  #place(): { path: string; file: string } {
    const file = `${sha256(`file ${this.#file}`).toString('hex')}#0`;
    return { path: '/var/log/kubernetes/audit.log', file };
  }

  #lose(bytes: number): Gap {
    const place = this.#place();
    const before = { ...place, offset: this.#offset };
    this.#offset += bytes;
    return { reason: 'unproven', before, after: { ...place, offset: this.#offset }, bytesMin: bytes };
  }

  /** What the bulk body creates; of a refused entry the refused form. */
  #documents(entries: Entries, refused: Readonly<Record<number, RefusedForm>>): void {
    for (const [i, { id, source }] of created(entries).entries()) {
      const form = refused[i];
      const sent = form === undefined ? source : refusedForm(source, reasonOf(i), form)!;
      this.written.events.push({ index: eventsIndex, id, source: sent });
    }
  }

  /** The note of each refusal, before the batch's record; the next manifest gives notice of it. */
  #refuse(refused: Readonly<Record<number, RefusedForm>>): Notice[] {
    return Object.entries(refused).map(([i, form]) => {
      const index = this.log.size + Number(i);
      const [status, type] = [400, 'document_parsing_exception'];
      const refusal = { index, form, status, type, message: reasonOf(Number(i)) };
      const { id, source } = refusalNote(refusal, this.log.key, 'auditseal', this.now);
      this.#record(id, source);
      return { kind: 'refused', at: this.#at(), index, status, type };
    });
  }

  #record(id: string, source: Buffer): void {
    this.written.records.push({ index: recordsIndex, id, source });
  }
}

function openLog(epoch: string): Log {
  const origin = formatOrigin({ ...name, epoch });
  const privateKey = privateKeyOf(origin);
  return Log.begin({ origin, privateKey });
}

function digestOf(text: string): string {
  return `sha256:${sha256(text).toString('hex')}`;
}

/** The actions of a bulk body: an action line, then the document's. */
function created(entries: Entries): { id: string; source: Buffer }[] {
  const lines = Buffer.concat(entries.members().map(({ body }) => body))
    .toString('latin1')
    .split('\n');
  const documents: { id: string; source: Buffer }[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const { create } = JSON.parse(lines[i]!) as { create: { _id: string } };
    documents.push({ id: create['_id'], source: Buffer.from(lines[i + 1]!, 'latin1') });
  }
  return documents;
}

/** Why Elasticsearch refused the event of a position in its batch. */
function reasonOf(i: number): string {
  return `object mapping for [kubernetes.audit] tried to parse field ${jsonString(`"${i}"`)} as object`;
}
