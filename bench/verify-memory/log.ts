import { eventDocumentId, exportKey, generateKey, leafHash, Log } from '../../agent/seal/index.ts';
import type { StoredDocument } from '../../agent/verify/index.ts';

const origin = 'bench/cp-1/kube-apiserver/20261123T004438Z';
const eventsPerBatch = 10_000;
const file = { path: '/var/log/kubernetes/audit.log', file: 'f#0', mac: '' };
export const sealedAt = '2026-11-23T00:44:38.000Z';

/** A sealed log of any length: its records are kept, its events are made anew when they are asked for. */
export class GeneratedLog {
  readonly origin = origin;
  readonly records: StoredDocument[] = [];
  /** Leaf index of the first event of each batch. */
  readonly #firsts: number[] = [];
  readonly #log: Log;
  readonly events: number;

  constructor(events: number) {
    this.events = events;
    const key = generateKey(origin);
    this.#log = Log.begin({ origin, privateKey: exportKey(key) });
    for (let done = 0; done < events; done += eventsPerBatch)
      this.#seal(Math.min(eventsPerBatch, events - done));
  }

  /** Events from a leaf index on, ascending. */
  *eventsFrom(index: number): Generator<StoredDocument & { at: number }> {
    let batch = Math.max(
      0,
      this.#firsts.findLastIndex((first) => first <= index),
    );
    for (let at = index; at < this.#log.size; at += 1) {
      if (this.#firsts[batch + 1] === at) batch += 1;
      const isManifest = at + 1 === (this.#firsts[batch + 1] ?? this.#log.size);
      if (!isManifest) yield this.#event(at, batch);
    }
  }

  #event(index: number, batch: number) {
    const source = this.#source(index, batch);
    const id = eventDocumentId(this.#log.logId, index, leafHash(source));
    return { index: '.ds-logs-kubernetes.audit_logs-auditseal-000001', id, source, at: index };
  }

  #source(index: number, batch: number): Buffer {
    // About as long as a usual event: the median of a real log is 0.9 kB, with its document 1.6 kB.
    const padding = String(index).padStart(1000 + (index % 300), 'x');
    return Buffer.from(
      `{"@timestamp":"${sealedAt}","event":{"kind":"event","sequence":${index}},"auditseal":{"origin":"${origin}","batch":${batch}},` +
        `"kubernetes":{"audit":{"kind":"Event","requestURI":"/api/v1/pods/${padding}","user":{"username":"u"}}}}`,
    );
  }

  #seal(count: number): void {
    const batch = this.#log.nextBatch;
    const first = this.#log.size;
    this.#firsts.push(first);
    const leaves: Buffer[] = [];
    for (let i = 0; i < count; i += 1) leaves.push(leafHash(this.#source(first + i, batch)));
    const sources = [{ ...file, start: first * 1000, end: (first + count + 1) * 1000, lines: count }];
    const { record } = this.#log.seal(
      {
        sealedAt,
        earliest: sealedAt,
        latest: sealedAt,
        heartbeatSeconds: 60,
        retentionDays: 400,
        sources,
        gaps: [],
        read: count,
        pieces: 0,
        joined: 0,
        malformed: 0,
        dropped: {},
        reduced: {},
        redacted: {},
        policy: 'sha256:',
        config: 'sha256:',
        agent: { name: 'auditseal', version: '0' },
        notices: [],
      },
      Buffer.concat(leaves),
      'auditseal',
    );
    this.records.push({
      index: '.ds-logs-auditseal.batch-auditseal-000001',
      id: record.id,
      source: record.bytes,
    });
  }
}
