import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { bodiesIn, CelEvent } from '../../agent/cel/index.ts';
import { Detector, loadRules } from '../../agent/detect/index.ts';
import { parseEvent } from '../../agent/event/index.ts';
import type { AuditEvent } from '../../agent/event/index.ts';
import { recordedLines } from '../../test/kit/corpus.ts';

/**
 * `node bench/detect/main.ts [AUDIT.LOG|AUDIT.LOG.gz]`: the CPU time that all built-in rules take over an event, of this thread alone,
 * beside that of parsing the event; the least and the median of some passes. Without a file, of the recorded lines of the tests.
 */
const eventsMax = 40_000;
const passes = 12;

interface Line {
  event: AuditEvent;
  bytes: Buffer;
}

async function linesOf(file: string | undefined): Promise<Buffer[]> {
  if (file === undefined) return (await recordedLines()).map((line) => Buffer.from(line));
  const source = createReadStream(file);
  const input = file.endsWith('.gz') ? source.pipe(createGunzip()) : source;
  const found: Buffer[] = [];
  for await (const line of createInterface({ input })) {
    found.push(Buffer.from(line));
    if (found.length === eventsMax) break;
  }
  return found;
}

/** Microseconds of CPU for each event. */
function measure(count: number, work: () => void): { least: string; median: string } {
  const costs = Array.from({ length: passes }, () => {
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / count;
  }).toSorted((a, b) => a - b);
  return { least: costs[0]!.toFixed(2), median: costs[passes / 2]!.toFixed(2) };
}

const raw = await linesOf(process.argv[2]);
const lines: Line[] = raw.flatMap((bytes) => {
  const event = parseEvent(bytes);
  return event === undefined ? [] : [{ event, bytes }];
});
const ruleSet = loadRules();
const detector = new Detector({ ruleSet, ownNamespace: 'auditseal' });
const now = new Date();
let found = 0;

const rows = {
  'parse the event': measure(lines.length, () => {
    for (const { bytes } of lines) parseEvent(bytes);
  }),
  [`all ${ruleSet.rules.length} rules`]: measure(lines.length, () => {
    for (const { event, bytes } of lines) found += detector.detect(event, bytes, now).length;
  }),
  'one condition, by cel-js itself': measure(lines.length, () => {
    const { condition } = ruleSet.rules.find(({ text }) => text.id === 'client-certificate-approved')!;
    const ready = { component: false, allowed: true };
    for (const { event, bytes } of lines)
      if (condition.evaluate({ ...ready, event: new CelEvent(event, bodiesIn(bytes)) }) === true) found += 1;
  }),
};
process.stdout.write(`${lines.length} events, microseconds of CPU for each\n`);
for (const [name, { least, median }] of Object.entries(rows))
  process.stdout.write(`${name.padEnd(34)} least ${least}  median ${median}\n`);
process.stdout.write(`${found} found in all passes\n`);
