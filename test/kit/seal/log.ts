import { createPrivateKey } from 'node:crypto';
import {
  batchKey,
  eventDocumentId,
  eventId,
  formatOrigin,
  jsonString,
  leafHash,
  Log,
  macOf,
  refusalNote,
  refusedForm,
  sha256,
  startMarker,
} from '../../../agent/seal/index.ts';
import type { EpochReason, Gap, Notice, RefusedForm, Sealed, Stretch } from '../../../agent/seal/index.ts';
import type { StoredDocument } from '../../../agent/verify/index.ts';

export const namespace = 'auditseal';
export const recordsIndex = `.ds-logs-auditseal.batch-${namespace}-2026.11.23-000001`;
export const eventsIndex = `.ds-logs-kubernetes.audit_logs-${namespace}-2026.11.23-000001`;

/** Both streams of a namespace, in memory. */
export interface Written {
  namespace: string;
  records: StoredDocument[];
  events: StoredDocument[];
}

export interface WriterOptions {
  name?: { cluster: string; node: string; source: string };
  epoch?: string;
  namespace?: string;
  /** When the first batch is sealed; each later one ten seconds after the one before. */
  at?: string;
  heartbeatSeconds?: number;
  retentionDays?: number;
}

export interface BatchOptions {
  events?: number;
  /** Lines that a rule dropped. */
  dropped?: number;
  gaps?: Gap[];
  notices?: Notice[];
  /** Positions in the batch that Elasticsearch refused, and what is left out of their form. */
  refused?: number[];
  refusedForm?: RefusedForm;
  /** Seconds since the batch before. */
  after?: number;
  /** Overrides of what the batch would say of itself; a lie that the agent signs. */
  lies?: Record<string, unknown>;
  /** The raw audit event of a position. */
  event?: (index: number) => string;
  /** Instead of the stretch that continues the file. */
  sources?: Stretch[];
}

const path = '/var/log/kubernetes/audit.log';
const lineBytes = 500;

/** An agent reduced to its seal: it writes what a real one would send, into memory, the same on every run. */
export class LogWriter {
  readonly written: Written;
  readonly name: { cluster: string; node: string; source: string };
  log: Log;
  /** When the next batch is sealed. */
  now: Date;
  readonly file = `${sha256('file').toString('hex')}#0`;
  #offset = 0;
  readonly #options: Required<Pick<WriterOptions, 'heartbeatSeconds' | 'retentionDays'>>;

  constructor(options: WriterOptions = {}, written?: Written) {
    this.name = options.name ?? { cluster: 'prod', node: 'cp-1', source: 'kube-apiserver' };
    this.written = written ?? { namespace: options.namespace ?? namespace, records: [], events: [] };
    this.now = new Date(options.at ?? '2026-11-23T00:44:38.000Z');
    this.#options = {
      heartbeatSeconds: options.heartbeatSeconds ?? 60,
      retentionDays: options.retentionDays ?? 400,
    };
    this.log = this.#open(options.epoch ?? '20261123T004438Z');
  }

  get vkey(): string {
    return this.log.key.verifier.text;
  }

  get origin(): string {
    return this.log.origin;
  }

  batch(options: BatchOptions = {}): Sealed {
    const at = new Date(this.now);
    const { leaves, documents } = this.#events(options, at);
    const count = leaves.length;
    const dropped = options.dropped ?? 0;
    const read = count + dropped;
    const contents = {
      sealedAt: at.toISOString(),
      ...(count > 0 && { earliest: this.#time(at, 0), latest: this.#time(at, count - 1) }),
      ...this.#options,
      sources: options.sources ?? this.#stretch(read),
      gaps: options.gaps ?? [],
      read,
      pieces: 0,
      joined: 0,
      malformed: 0,
      dropped: dropped > 0 ? { 'rule-3': dropped } : {},
      reduced: {},
      redacted: {},
      policy: `sha256:${sha256('policy').toString('hex')}`,
      config: `sha256:${sha256('config').toString('hex')}`,
      agent: { name: 'auditseal', version: '0.1.0' },
      notices: options.notices ?? [],
      ...options.lies,
    };
    const sealed = this.log.seal(contents, Buffer.concat(leaves), this.written.namespace);
    this.written.events.push(...documents);
    this.written.records.push({ index: recordsIndex, id: sealed.record.id, source: sealed.record.bytes });
    this.now = new Date(at.getTime() + 1000 * (options.after ?? 10));
    return sealed;
  }

  heartbeat(options: BatchOptions = {}): Sealed {
    return this.batch({ ...options, events: 0 });
  }

  /** The marker of a start. */
  marker(counter = 1): void {
    const marker = startMarker(counter, this.log.key, this.written.namespace, this.now);
    this.written.records.push({ index: recordsIndex, ...marker });
  }

  /** A new epoch; linked unless the state was lost. */
  turn(epoch: string, reason: EpochReason = 'age', options: BatchOptions = {}): void {
    const next = this.#open(epoch);
    const at = this.now.toISOString();
    if (reason === 'age')
      this.batch({ events: 1, notices: [{ kind: 'next', at, vkey: next.key.verifier.text }] });
    const previous = this.log.checkpoint!;
    this.log = next;
    this.batch({
      events: 2,
      ...options,
      notices: [
        { kind: 'epoch', at: this.now.toISOString(), reason, ...(reason === 'age' && { previous }) },
        ...(options.notices ?? []),
      ],
    });
  }

  #open(epoch: string): Log {
    const origin = formatOrigin({ ...this.name, epoch });
    return Log.begin({ origin, privateKey: privateKeyOf(origin) });
  }

  #events({ events = 3, refused = [], refusedForm: form = 'event', event }: BatchOptions, at: Date) {
    const leaves: Buffer[] = [];
    const documents: StoredDocument[] = [];
    for (let i = 0; i < events; i += 1) {
      const index = this.log.size + i;
      const entry = this.#entry(index, this.#time(at, i), event?.(index) ?? rawEvent(index));
      const leaf = leafHash(entry);
      leaves.push(leaf);
      const source = refused.includes(i) ? this.#refuse(entry, index, form) : entry;
      documents.push({
        index: eventsIndex,
        id: eventDocumentId(this.log.logId, index, leaf),
        source,
      });
    }
    return { leaves, documents };
  }

  #entry(index: number, time: string, raw: string): Buffer {
    const { origin, logId, nextBatch } = this.log;
    return Buffer.from(
      `{"@timestamp":"${time}","event":{"kind":"event","id":"${eventId(logId, index)}","sequence":${index}},` +
        `"data_stream":{"type":"logs","dataset":"kubernetes.audit_logs","namespace":${jsonString(this.written.namespace)}},` +
        `"auditseal":{"origin":${jsonString(origin)},"batch":${nextBatch},"rule":"rule-0"},"kubernetes":{"audit":${raw}}}`,
    );
  }

  #refuse(entry: Buffer, index: number, form: RefusedForm): Buffer {
    const message = `failed to parse field [x] of "${index}"`;
    const refusal = { index, form, status: 400, type: 'document_parsing_exception', message };
    const note = refusalNote(refusal, this.log.key, this.written.namespace, this.now);
    this.written.records.push({ index: recordsIndex, ...note });
    return refusedForm(entry, message, form)!;
  }

  #stretch(lines: number): Stretch[] {
    if (lines === 0) return [];
    const start = this.#offset;
    this.#offset += lines * lineBytes;
    const key = batchKey(sha256('secret'), this.log.origin, this.log.nextBatch);
    const mac = macOf(key, sha256(`${start}-${this.#offset}`));
    return [{ path, file: this.file, start, end: this.#offset, lines, mac }];
  }

  #time(at: Date, i: number): string {
    const micros = String(i).padStart(3, '0');
    return new Date(at.getTime() - 5000 + i).toISOString().replace('Z', `${micros}Z`);
  }
}

/** An audit event as the apiserver writes it. */
export function rawEvent(index: number): string {
  const id = sha256(`event ${index}`).toString('hex', 0, 16);
  return (
    `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"${id}","stage":"ResponseComplete",` +
    `"requestURI":"/api/v1/namespaces/default/pods/p-${index}","verb":"get","user":{"username":"kubernetes-admin",` +
    `"groups":["system:masters","system:authenticated"]},"sourceIPs":["10.0.0.1"],"responseStatus":{"metadata":{},"code":200}}`
  );
}

/** A key that is the same on every run: PKCS #8 (RFC 8410 §7) around a seed made from the origin. */
export function privateKeyOf(origin: string): Buffer {
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    sha256(`key of ${origin}`),
  ]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({
    format: 'der',
    type: 'pkcs8',
  });
}
