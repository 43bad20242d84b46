import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip, gzipSync } from 'node:zlib';
import { bodiesIn } from '../../agent/cel/index.ts';
import { Detector, loadRules } from '../../agent/detect/index.ts';
import { shapeEvent } from '../../agent/document/index.ts';
import type { DocumentContext, Shaped } from '../../agent/document/index.ts';
import { bodyMembers, cutManagedFields, parseEvent } from '../../agent/event/index.ts';
import type { AuditEvent } from '../../agent/event/index.ts';
import { defaultPlaces, knownOf } from '../../agent/identity/index.ts';
import type { People } from '../../agent/identity/index.ts';
import { cutMembers } from '../../agent/json/index.ts';
import { ecsVersion } from '../../agent/observe/index.ts';
import { decide, defaultPolicyFile, parsePolicy } from '../../agent/policy/index.ts';
import { Pseudonymizer, pseudonymKey, Pseudonyms } from '../../agent/pseudonym/index.ts';
import { Redactor } from '../../agent/redact/index.ts';
import { Entries } from '../../agent/seal/index.ts';
import { recordedLines } from '../../test/kit/corpus.ts';

/**
 * `node bench/stages/main.ts [AUDIT.LOG[.gz]]`: the CPU time of this thread that each stage of an event's way takes over the first
 * 40,000 events, in seconds for 100 MB of log and in microseconds an event; least and median of some passes. Each stage is given every
 * event, so what policy drops early costs less in the agent. Without a file: the recorded lines of the tests.
 */
const eventsMax = 40_000;
const passes = 7;
const gzipLevel = 1;

interface Line {
  bytes: Buffer;
  event: AuditEvent;
}

const [file] = process.argv.slice(2);
const raw =
  file === undefined ? (await recordedLines()).map((text) => Buffer.from(text)) : await linesOf(file);
const lines = raw.flatMap((bytes): Line[] => {
  const event = parseEvent(bytes);
  return event === undefined ? [] : [{ bytes, event }];
});
const megabytes = lines.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1e6;

const context: DocumentContext = {
  cluster: 'bench',
  node: 'cp-1',
  namespace: 'auditseal',
  origin: 'bench/cp-1/kube-apiserver/20261201T000000Z',
  logId: '0123456789abcdef',
  agentVersion: '0',
  ecsVersion,
};
const readAt = new Date();
const limits = { entryBytesMax: 4 * 1024 * 1024, mac: () => '' };
const policy = parsePolicy(await readFile(defaultPolicyFile, 'utf8'));
const detector = new Detector({ ruleSet: loadRules(), ownNamespace: 'auditseal' });
const redactor = new Redactor({ wholeEnvironment: false });
const pseudonymizer = new Pseudonymizer(new Pseudonyms(pseudonymKey(Buffer.alloc(32, 7))), {
  addresses: true,
});
const shape = ({ bytes, event }: Line): Shaped =>
  shapeEvent(
    event,
    [bytes],
    context,
    { index: 1, batch: 1, path: '/var/log/audit.log', offset: 0, readAt, rule: 'bench' },
    { ...limits, lineBytes: bytes.length },
  );
const shaped = lines.map(shape);
const entries = new Entries({ bytes: 512 * 1024 * 1024, events: eventsMax, memberBytesMax: 1024 * 1024 });
const seal = () => {
  entries.begin(context.logId, 0);
  for (const { pieces } of shaped) entries.add(pieces);
};

/** Half of the users of the log, and others. */
const names = new Set(
  lines.map(({ event }) => String((event.user as { username?: unknown } | undefined)?.username)),
);
const known = new Map(
  [...[...names].slice(0, names.size / 2), ...Array.from({ length: 10_000 }, (_, n) => `person-${n}`)].map(
    (name) => [
      name,
      { names: [name], fields: { full_name: name, email: `${name}@example.test`, department: 'Sales' } },
    ],
  ),
);
const people: People = {
  generation: 1,
  find: (name) => ({ status: known.has(name) ? 'known' : 'unknown', entry: known.get(name) }),
};

const stages: [string, () => void][] = [
  ['parse', () => lines.forEach(({ bytes }) => parseEvent(bytes))],
  [
    `detect, ${loadRules().rules.length} rules`,
    () => lines.forEach(({ bytes, event }) => detector.detect(event, bytes, readAt)),
  ],
  [
    'decide, default policy',
    () => lines.forEach(({ bytes, event }) => decide(event, policy, bodiesIn(bytes))),
  ],
  [
    'enrich: places, 10,000 people',
    () => lines.forEach(({ event }) => knownOf(event, defaultPlaces, people)),
  ],
  ['cut bodies', () => lines.forEach(({ bytes }) => cutMembers(bytes, bodyMembers))],
  ['cut managed fields', () => lines.forEach(({ bytes, event }) => cutManagedFields(bytes, event))],
  ['redact', () => lines.forEach(({ bytes, event }) => redactor.event(bytes, event, false))],
  [
    'pseudonyms (off by default)',
    () => lines.forEach(({ bytes, event }) => pseudonymizer.event(bytes, event)),
  ],
  ['shape: the document, with its ECS fields', () => lines.forEach(shape)],
  ['seal: into the batch, leaf hash', seal],
  ['gzip, level 1', () => entries.members().forEach(({ body }) => gzipSync(body, { level: gzipLevel }))],
];
console.log(`${lines.length} events, ${megabytes.toFixed(1)} MB`);
console.log('stage                                      CPU s / 100 MB   µs an event');
for (const [name, work] of stages) {
  const costs = Array.from({ length: passes }, () => {
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1e6;
  }).toSorted((a, b) => a - b);
  const [least = 0, median = 0] = [costs[0], costs[Math.floor(passes / 2)]];
  const per100 = (seconds: number) => ((seconds * 100) / megabytes).toFixed(2);
  const perEvent = (seconds: number) => ((seconds * 1e6) / lines.length).toFixed(2);
  console.log(
    `${name.padEnd(42)} ${per100(least)} to ${per100(median)}     ${perEvent(least)} to ${perEvent(median)}`,
  );
}

async function linesOf(path: string): Promise<Buffer[]> {
  const source = createReadStream(path);
  const input = path.endsWith('.gz') ? source.pipe(createGunzip()) : source;
  const found: Buffer[] = [];
  for await (const line of createInterface({ input })) {
    found.push(Buffer.from(line));
    if (found.length === eventsMax) break;
  }
  return found;
}
