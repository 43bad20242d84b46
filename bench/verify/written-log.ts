import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { shapeEvent } from '../../agent/document/index.ts';
import { bulk, createClient, isStored } from '../../agent/elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../agent/elasticsearch/index.ts';
import { parseEvent } from '../../agent/event/index.ts';
import { ecsVersion } from '../../agent/observe/index.ts';
import { Entries, exportKey, formatOrigin, generateKey, Log } from '../../agent/seal/index.ts';
import { eventStream, installTemplates, recordStream } from '../../agent/streams/index.ts';
import { refresh } from '../../test/kit/elasticsearch/index.ts';
import { later, readLines } from '../mapping/corpus.ts';

const fixture = join(import.meta.dirname, '../../test/kit/fixtures/rotating/audit.log');
/** As an agent seals by default: 4 MiB or 10,000 events. */
const batchBytesMax = 4 * 1024 * 1024;
const batchEventsMax = 10_000;
const memberBytesMax = 1024 * 1024;
const batchMilliseconds = 5000;

export interface WrittenLog {
  namespace: string;
  events: number;
  /** Of `_source`, of the events alone. */
  bytes: number;
  batches: number;
  /** RFC 3339: when its last batch was sealed. */
  sealedAt: string;
}

export interface LogPlan {
  url: string;
  namespace: string;
  events: number;
  /** Audit lines, as JSON lines or `.gz`; repeated under later times and other ids. Default: those of the tests. */
  corpus?: string | undefined;
}

/**
 * Seals events of real audit lines with what the agent seals by, and sends the batches straight into Elasticsearch: what `verify`
 * finds is what an agent would have left, without waiting for one. Everything is of one log.
 */
export async function writeLog({ url, namespace, events, corpus = fixture }: LogPlan): Promise<WrittenLog> {
  const client = await createClient({ urls: [url], requestSeconds: 300 });
  try {
    await installTemplates(client, { namespace, retentionDays: 400, codec: 'default' });
    const log = new SyntheticLog(namespace, await readLines(corpus, 50_000));
    while (log.events < events) await send(client, namespace, log.next(events - log.events));
    await refresh(url, eventStream(namespace));
    await refresh(url, recordStream(namespace));
    return { namespace, events, bytes: log.bytes, batches: log.batches, sealedAt: log.sealedAt };
  } finally {
    await client.close();
  }
}

interface Batch {
  /** Gzip-compressed lines of a bulk body, and how many documents they hold. */
  members: { gzipBody: Buffer; count: number }[];
  record: { id: string; bytes: Buffer };
}

class SyntheticLog {
  events = 0;
  bytes = 0;
  sealedAt = '';
  readonly #namespace: string;
  readonly #lines: readonly string[];
  readonly #log: Log;
  readonly #entries = new Entries({ bytes: 2 * batchBytesMax, events: batchEventsMax, memberBytesMax });
  readonly #begun = Date.now() - 3 * 86_400_000;
  #read = 0;

  constructor(namespace: string, lines: readonly string[]) {
    this.#namespace = namespace;
    this.#lines = lines;
    const origin = formatOrigin({
      cluster: 'bench',
      node: 'cp-1',
      source: 'kube-apiserver',
      epoch: '20261123T004438Z',
    });
    this.#log = Log.begin({ origin, privateKey: exportKey(generateKey(origin)) });
  }

  get batches(): number {
    return this.#log.nextBatch;
  }

  /** The next batch, of at most `eventsMax` events. */
  next(eventsMax: number): Batch {
    const entries = this.#entries;
    entries.begin(this.#log.logId, this.#log.size);
    const start = this.#read;
    while (entries.count < Math.min(eventsMax, batchEventsMax) && entries.bytes < batchBytesMax) this.#add();
    const { count } = entries;
    this.events += count;
    this.sealedAt = new Date(this.#begun + this.batches * batchMilliseconds).toISOString();
    const stretch = { path: '/var/log/kubernetes/audit.log', file: `${'0'.repeat(64)}#0`, mac: '' };
    const { record } = this.#log.seal(
      {
        sealedAt: this.sealedAt,
        earliest: this.sealedAt,
        latest: this.sealedAt,
        heartbeatSeconds: 60,
        retentionDays: 400,
        sources: [{ ...stretch, start, end: this.#read, lines: count }],
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
      entries.leafHashes(),
      this.#namespace,
    );
    const members = entries.members().map(({ body, count: documents }) => ({
      gzipBody: gzipSync(body, { level: 1 }),
      count: documents,
    }));
    return { members, record };
  }

  #add(): void {
    const { origin, logId } = this.#log;
    const index = this.#entries.nextIndex;
    const number = this.events + this.#entries.count;
    const text = this.#lines[number % this.#lines.length]!;
    const line = Buffer.from(later(text, Math.floor(number / this.#lines.length)));
    const event = parseEvent(line);
    if (!event) throw new Error(`a line of the corpus is no audit event: ${text.slice(0, 200)}`);
    const names = { cluster: 'bench', node: 'cp-1', namespace: this.#namespace };
    const place = {
      index,
      batch: this.batches,
      path: '/var/log/kubernetes/audit.log',
      offset: this.#read,
      readAt: new Date(),
      rule: 'keep',
    };
    const limits = { entryBytesMax: 8 * 1024 * 1024, lineBytes: line.length, mac: () => '' };
    const context = { ...names, origin, logId, agentVersion: '0', ecsVersion };
    const { pieces } = shapeEvent(event, [line], context, place, limits);
    this.#entries.add(pieces);
    for (const piece of pieces) this.bytes += Buffer.byteLength(piece);
    this.#read += line.length + 1;
  }
}

async function send(client: ElasticsearchClient, namespace: string, batch: Batch): Promise<void> {
  for (const member of batch.members) await sendAll(client, { stream: eventStream(namespace), ...member });
  const { id, bytes } = batch.record;
  const lines = Buffer.concat([Buffer.from(`{"create":{"_id":"${id}"}}\n`), bytes, Buffer.from('\n')]);
  await sendAll(client, { stream: recordStream(namespace), gzipBody: gzipSync(lines), count: 1 });
}

async function sendAll(client: ElasticsearchClient, request: Parameters<typeof bulk>[1]): Promise<void> {
  const { items } = await bulk(client, request);
  const refused = items.find((item) => !isStored(item));
  if (refused) throw new Error(`Elasticsearch refused a document: ${JSON.stringify(refused)}`);
}
