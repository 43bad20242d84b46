import { Histogram } from 'prom-client';
import type { HistogramConfiguration } from 'prom-client';

interface Data {
  /** Of each bucket alone, the last of them without a bound. */
  counts: number[];
  sum: number;
  count: number;
}

/** A histogram that takes many equal observations at once: those of a batch of 10,000 events are a few. */
export class WeightedHistogram extends Histogram<'source'> {
  readonly #bounds: readonly number[];
  readonly #data = new Map<string, Data>();
  readonly #own: { name: string; help: string };

  constructor(
    config: HistogramConfiguration<'source'> & { name: string; help: string; buckets: readonly number[] },
  ) {
    super({ ...config, buckets: [...config.buckets], labelNames: ['source'] });
    this.#bounds = config.buckets;
    this.#own = { name: config.name, help: config.help };
  }

  /** Makes the source's series at 0, so that its first increase is one. */
  begin(source: string): void {
    if (!this.#data.has(source))
      this.#data.set(source, {
        counts: Array.from({ length: this.#bounds.length + 1 }, () => 0),
        sum: 0,
        count: 0,
      });
  }

  add(source: string, value: number, weight: number): void {
    this.begin(source);
    const data = this.#data.get(source)!;
    const found = this.#bounds.findIndex((bound) => value <= bound);
    data.counts[found < 0 ? this.#bounds.length : found]! += weight;
    data.sum += value * weight;
    data.count += weight;
  }

  override get(): ReturnType<Histogram<'source'>['get']> {
    const { name, help } = this.#own;
    const values = [...this.#data].flatMap(([source, data]) => {
      let below = 0;
      const buckets = [...this.#bounds, '+Inf'].map((le, i) => ({
        metricName: `${name}_bucket`,
        labels: { source, le },
        value: (below += data.counts[i] ?? 0),
      }));
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels: { source }, value: data.sum },
        { metricName: `${name}_count`, labels: { source }, value: data.count },
      ];
    });
    const answer = { name, help, type: 'histogram', values, aggregator: 'sum', collect: () => undefined };
    return Promise.resolve(answer as unknown as Awaited<ReturnType<Histogram<'source'>['get']>>);
  }

  /** What prom-client asks for in place of `get` where it prints text. */
  getForPromString(): ReturnType<Histogram<'source'>['get']> {
    return this.get();
  }
}
