import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readArrivals } from './arrivals.ts';
import { keyIn, keyOfNumber } from './line.ts';

export interface Count {
  written: number;
  arrived: number;
  /** Events written of which nothing arrived. */
  lost: number;
  /** Arrivals of an event beyond its first. */
  duplicated: number;
  /** Arrivals whose bytes were never written. */
  damaged: number;
  /** For people: the numbers of the first lost events, the first bytes of damaged ones. */
  samples: string[];
}

const samplesMax = 6;

/** What the writer's list has for an event: SHA-256 of its bytes without the newline. The n-th line is of the n-th event. */
export function listEntry(line: Buffer): string {
  return `${hash('sha256', line.subarray(0, -1), 'hex')}\n`;
}

/** Compares every event that arrived, byte for byte by its hash, with the writer's own list. Both are files. */
export async function count(list: string, arrivals: string): Promise<Count> {
  const hashes = (await readFile(list, 'utf8')).split('\n').slice(0, -1);
  const byKey = new Map(hashes.map((sha256, n) => [keyOfNumber(n), { sha256, times: 0 }]));
  const counted: Count = { written: byKey.size, arrived: 0, lost: 0, duplicated: 0, damaged: 0, samples: [] };
  const sample = (text: string): void => {
    if (counted.samples.length < samplesMax) counted.samples.push(text);
  };
  for await (const event of readArrivals(arrivals)) {
    counted.arrived += 1;
    const known = byKey.get(keyIn(event) ?? '');
    if (known) {
      known.times += 1;
      if (known.times > 1) counted.duplicated += 1;
    }
    if (known?.sha256 === hash('sha256', event, 'hex')) continue;
    counted.damaged += 1;
    sample(`damaged: ${event.toString('utf8', 0, 300)}`);
  }
  let n = 0;
  for (const { times } of byKey.values()) {
    if (times === 0) {
      counted.lost += 1;
      sample(`lost: event ${n} of ${byKey.size}`);
    }
    n += 1;
  }
  return counted;
}
