import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { parseEvent } from '../../agent/event/index.ts';
import { Redactor } from '../../agent/redact/index.ts';
import { recordedLines } from '../../test/kit/corpus.ts';
import { countFound, linesOf, nothingFound } from './found.ts';

/**
 * What redaction costs, and what it takes for a secret: `node bench/redact/main.ts [FILE.jsonl[.gz]]`. Without a file the
 * recordings of the tests. The file is held in memory.
 */
const [file] = process.argv.slice(2);
const lines = file === undefined ? await recordedLines() : await linesIn(file);
const events = lines.flatMap((text) => {
  const line = Buffer.from(text);
  const event = parseEvent(line);
  return event === undefined ? [] : [{ line, event }];
});
const bytes = events.reduce((sum, { line }) => sum + line.length, 0);
const redactor = new Redactor({ wholeEnvironment: false });

const runs = 5;
const costs: number[] = [];
for (let run = 0; run < runs; run += 1) {
  const before = process.cpuUsage();
  for (const { line, event } of events) redactor.event(line, event, false);
  const { user, system } = process.cpuUsage(before);
  costs.push((user + system) / 1e6 / (bytes / 1e8));
}
const sorted = costs.map((cost) => cost.toFixed(3)).toSorted();
console.log(`${events.length} events, ${(bytes / 1e6).toFixed(1)} MB, without parsing them`);
console.log(`CPU s per 100 MB: least ${sorted[0]}, median ${sorted[Math.floor(runs / 2)]} of ${runs} runs`);

const found = nothingFound();
for (const { line } of events) countFound(line, redactor, found);
console.log(linesOf(found).join('\n'));

async function linesIn(path: string): Promise<string[]> {
  const bytesIn = createReadStream(path);
  const input = path.endsWith('.gz') ? bytesIn.pipe(createGunzip()) : bytesIn;
  const all: string[] = [];
  for await (const line of createInterface({ input })) all.push(line);
  return all;
}
