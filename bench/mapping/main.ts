import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { startElasticsearch } from '../../test/kit/elasticsearch/index.ts';
import { templates } from '../../agent/streams/index.ts';
import { bulkLines, later, readLines } from './corpus.ts';
import { queries, variants } from './settings.ts';
import type { Variant } from './settings.ts';

/*
 * Size and query time of event documents under different index settings, on a real Elasticsearch of its own.
 * `node bench/mapping/main.ts [--events 60000] [--corpus audit.jsonl.gz] [--major 8]`
 */

const { values: given } = parseArgs({
  options: {
    events: { type: 'string', default: '60000' },
    corpus: {
      type: 'string',
      default: join(import.meta.dirname, '../../test/kit/fixtures/rotating/audit.log'),
    },
    major: { type: 'string', default: '9' },
  },
});
const events = Number(given.events);
const runs = 9;
/** Documents that are read back to see whether their bytes are what was sent. */
const readBack = 200;
const linesAtOnce = 1500;

interface Measured {
  name: string;
  bytesPerEvent: number;
  storedPerEvent: number;
  seconds: number;
  refused: number;
  /** Of {@link readBack} documents, those that came back byte for byte. */
  verbatim: number;
  milliseconds: number[];
}

const elasticsearch = await startElasticsearch({
  major: given.major === '8' ? 8 : 9,
  heapMegabytes: 1024,
  sustained: true,
  log: (line) => console.error(line),
});
const { url, version } = elasticsearch;
try {
  const lines = await readLines(given.corpus, events);
  const raw = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) / lines.length;
  console.log(
    `Elasticsearch ${version}; ${events} events of ${Math.round(raw)} B as written, ${lines.length} different`,
  );
  const measured: Measured[] = [];
  for (const [i, variant] of variants.entries())
    // There a refresh would hang.
    if (variant.native && version.startsWith('9'))
      console.error(`${variant.name}: not measured on ${version}`);
    else measured.push(await measure(variant, `bench-${i}`, lines));
  print(measured);
} finally {
  await elasticsearch.stop();
}

async function measure(
  { name, settings }: Variant,
  index: string,
  lines: readonly string[],
): Promise<Measured> {
  const [base, mapping] = templates('bench', { retentionDays: 400 }).components.map(
    ({ body }) => body['template'] as { settings?: { index: object }; mappings?: object },
  );
  const whole = { ...base?.settings?.index, refresh_interval: '-1', number_of_replicas: 0, ...settings };
  const body = { settings: { index: whole }, mappings: mapping?.mappings };
  await ask('PUT', `/${index}`, body);
  const began = performance.now();
  const sent: string[] = [];
  const refused = await load(index, lines, sent);
  const seconds = (performance.now() - began) / 1000;
  await ask('POST', `/${index}/_forcemerge?max_num_segments=1`);
  await ask('POST', `/${index}/_refresh`);
  const stats = (await ask('GET', `/${index}/_stats/store`)) as {
    indices: Record<string, { primaries: { store: { size_in_bytes: number } } }>;
  };
  const bytes = stats.indices[index]?.primaries.store.size_in_bytes ?? 0;
  // Not of every mode: without it, the column says 0.
  const usage = JSON.stringify(
    await ask('POST', `/${index}/_disk_usage?run_expensive_tasks=true`).catch(() => ({})),
  );
  const stored = Number(/"_source":\{.*?"stored_fields_in_bytes":(\d+)/u.exec(usage)?.[1] ?? 0);
  const milliseconds: number[] = [];
  for (const query of Object.values(queries)) milliseconds.push(await median(index, query));
  const taken = events - refused;
  const verbatim = await unchanged(index, sent);
  await ask('DELETE', `/${index}`);
  console.error(`${name}: done`);
  return {
    name,
    bytesPerEvent: bytes / taken,
    storedPerEvent: stored / taken,
    seconds,
    refused,
    verbatim,
    milliseconds,
  };
}

/** Returns how many were refused; some of what was sent goes to `sent`. */
async function load(index: string, lines: readonly string[], sent: string[]): Promise<number> {
  const context = {
    cluster: 'prod',
    node: 'cp-1',
    namespace: 'bench',
    origin: 'prod/cp-1/kube-apiserver/20261123T000000Z',
    logId: '0123456789abcdef',
    agentVersion: '0.0.0',
    ecsVersion: '9.4.0',
  };
  let refused = 0;
  for (let at = 0; at < events; at += linesAtOnce) {
    const body: string[] = [];
    for (let i = at; i < Math.min(events, at + linesAtOnce); i += 1) {
      const line = lines[i % lines.length] ?? '';
      const text = bulkLines(later(line, Math.floor(i / lines.length)), i, context);
      if (text === undefined) refused += 1;
      else {
        body.push(text);
        if (sent.length < readBack) sent.push(text);
      }
    }
    const answer = (await ask('POST', `/${index}/_bulk?filter_path=items.*.status`, body.join(''))) as {
      items: { create: { status: number } }[];
    };
    refused += answer.items.filter(({ create }) => create.status !== 201).length;
  }
  return refused;
}

async function unchanged(index: string, sent: readonly string[]): Promise<number> {
  let same = 0;
  for (const text of sent) {
    const [action = '', source = ''] = text.split('\n');
    const { create } = JSON.parse(action) as { create: Record<string, string> };
    const response = await fetch(`${url}/${index}/_doc/${Object.values(create)[0]}`);
    if ((await response.text()).includes(source)) same += 1;
  }
  return same;
}

/** Of the whole request's time, without the request cache, after a first run that warms up. */
async function median(index: string, query: object): Promise<number> {
  const taken: number[] = [];
  for (let i = 0; i <= runs; i += 1) {
    const began = performance.now();
    await ask('POST', `/${index}/_search?request_cache=false`, query);
    if (i > 0) taken.push(performance.now() - began);
  }
  return taken.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
}

async function ask(method: string, path: string, body?: object | string): Promise<unknown> {
  const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json';
  const text = typeof body === 'string' ? body : body && JSON.stringify(body);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': type },
    ...(text !== undefined && { body: text }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer).slice(0, 500)}`);
  return answer;
}

function row(cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function print(measured: readonly Measured[]): void {
  const names = Object.keys(queries);
  row([
    'index',
    'B/event',
    'of it _source',
    'events/s',
    'verbatim of 200',
    ...names.map((name) => `${name}, ms`),
  ]);
  row(['---', ...Array.from({ length: 4 + names.length }, () => '--:')]);
  for (const { name, bytesPerEvent, storedPerEvent, seconds, verbatim, milliseconds } of measured)
    row([
      name,
      Math.round(bytesPerEvent),
      Math.round(storedPerEvent),
      Math.round(events / seconds),
      verbatim,
      ...milliseconds.map((each) => each.toFixed(1)),
    ]);
}
