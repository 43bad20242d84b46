import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, linkSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Input } from './input.ts';
import { Sink } from './sink.ts';
import type { SinkCounts } from './sink.ts';
import { usageOf } from './usage.ts';

/** Where a run takes place: everything in it is removed before and after. */
export interface Place {
  /** The folder with `audit.log`. */
  logs: string;
  /** The shipper's own. */
  state: string;
  /** Its standard output and error. */
  output: string;
  sinkPort: number;
}

/** Something that ships an audit log to Elasticsearch. */
export interface Shipper {
  name: string;
  /** The command to run; what it needs is written to `place.state`. */
  command: (place: Place) => string[];
  /** How many documents are to arrive, as far as it can be told by now. */
  expected: (input: Input, place: Place) => Promise<number | undefined>;
}

export interface Result {
  name: string;
  cpuSecondsPer100MB: number;
  /** Until 95 % of the documents have arrived: without the wait for a last batch that is not full. */
  megabytesPerSecond: number;
  rssMegabytes: number;
  documents: number;
  requests: number;
  wireMegabytes: number;
}

const pollMilliseconds = 50;
const runMillisecondsMax = 300_000;

/** Runs one shipper on the input, from its start until the sink has every document. */
export async function measure(shipper: Shipper, input: Input, folder: string): Promise<Result> {
  rmSync(folder, { recursive: true, force: true });
  const place = { logs: join(folder, 'logs'), state: join(folder, 'state'), output: join(folder, 'output') };
  mkdirSync(place.logs, { recursive: true });
  mkdirSync(place.state);
  linkSync(input.path, join(place.logs, 'audit.log'));
  const sink = await Sink.start();
  const startedAt = Date.now();
  const child = start(shipper, { ...place, sinkPort: sink.port });
  try {
    const counts = await untilAll(shipper, input, { ...place, sinkPort: sink.port }, sink, child);
    const usage = usageOf(child.pid!);
    const most = counts.documents * 0.95;
    const [mostAt = 0] = counts.arrivals.find(([, documents]) => documents >= most) ?? [];
    return {
      name: shipper.name,
      cpuSecondsPer100MB: usage.cpuSeconds / (input.bytes / 1e8),
      megabytesPerSecond: (0.95 * input.bytes) / 1e6 / ((mostAt - startedAt) / 1000),
      rssMegabytes: usage.rssBytesMax / 1e6,
      documents: counts.documents,
      requests: counts.requests,
      wireMegabytes: counts.wireBytes / 1e6,
    };
  } finally {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await sink.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(shipper: Shipper, place: Place): ChildProcess {
  const [command, ...parameters] = shipper.command(place);
  const output = openSync(place.output, 'w');
  const child = spawn(command!, parameters, { stdio: ['ignore', output, output], cwd: place.state });
  closeSync(output);
  return child;
}

async function untilAll(
  shipper: Shipper,
  input: Input,
  place: Place,
  sink: Sink,
  child: ChildProcess,
): Promise<SinkCounts> {
  const deadline = Date.now() + runMillisecondsMax;
  let before = -1;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    await delay(pollMilliseconds);
    const counts = await sink.counts();
    // Asked only when nothing arrives: asking costs the shipper CPU time.
    if (counts.documents === before && counts.documents === (await shipper.expected(input, place)))
      return counts;
    before = counts.documents;
  }
  const { documents } = await sink.counts();
  throw new Error(
    `${shipper.name}: ${documents} documents of ${input.lines} lines had arrived when it ` +
      (child.exitCode === null ? 'ran out of time' : `exited with ${child.exitCode}`),
  );
}
