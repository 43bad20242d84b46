import { setTimeout as delay } from 'node:timers/promises';
import type { Buckets, Etcd } from './etcd.ts';

export interface Loaded {
  /** Milliseconds of each put, as its client saw it. */
  puts: number[];
  /** What etcd counted meanwhile. */
  fsyncs: Buckets;
}

/** As many puts a second as a calm control plane makes (leases, endpoints, events), whether or not etcd keeps up. */
export async function steadyPuts(etcd: Etcd, perSecond: number, seconds: number): Promise<Loaded> {
  const before = await etcd.walFsyncs();
  const value = 'x'.repeat(1024);
  const puts: number[] = [];
  const running: Promise<void>[] = [];
  const began = performance.now();
  for (let n = 0; n < perSecond * seconds; n += 1) {
    await delay(Math.max(0, began + (n * 1000) / perSecond - performance.now()));
    const at = performance.now();
    running.push(etcd.put(`/bench/${n % 1000}`, value).then(() => void puts.push(performance.now() - at)));
  }
  await Promise.all(running);
  const after = await etcd.walFsyncs();
  return { puts, fsyncs: new Map([...after].map(([le, count]) => [le, count - (before.get(le) ?? 0)])) };
}

/** As Prometheus' histogram_quantile: linear within the bucket. Seconds. */
export function quantileOf(buckets: Buckets, quantile: number): number {
  const bounds = [...buckets].toSorted(([a], [b]) => a - b);
  const rank = (bounds.at(-1)?.[1] ?? 0) * quantile;
  let [lower, below] = [0, 0];
  for (const [le, count] of bounds) {
    if (count >= rank)
      return le === Infinity ? lower : lower + ((le - lower) * (rank - below)) / (count - below);
    [lower, below] = [le, count];
  }
  return NaN;
}

/** The sum of histograms of the same buckets. */
export function mergeBuckets(all: readonly Buckets[]): Buckets {
  const sum: Buckets = new Map();
  for (const buckets of all) for (const [le, count] of buckets) sum.set(le, (sum.get(le) ?? 0) + count);
  return sum;
}

export function percentile(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * quantile) - 1)] ?? NaN;
}
