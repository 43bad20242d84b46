/** What a Prometheus text page said (prometheus.io/docs/instrumenting/exposition_formats), as far as the demo reads it. */
export class Scrape {
  readonly #samples: { name: string; labels: string; value: number }[] = [];

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const match = /^(\w+)(?:\{(.*)\})? (\S+)$/u.exec(line);
      if (match) this.#samples.push({ name: match[1]!, labels: match[2] ?? '', value: Number(match[3]) });
    }
  }

  /** Over all sources and labels; 0 if there is none yet. */
  sum(name: string): number {
    return this.#of(name).reduce((sum, { value }) => sum + value, 0);
  }

  /** Label value → sum, the greatest first. */
  by(name: string, label: string): [string, number][] {
    const sums = new Map<string, number>();
    for (const { labels, value } of this.#of(name)) {
      const key = new RegExp(`(?:^|,)${label}="([^"]*)"`, 'u').exec(labels)?.[1] ?? '';
      sums.set(key, (sums.get(key) ?? 0) + value);
    }
    return [...sums].toSorted((a, b) => b[1] - a[1]);
  }

  #of(name: string): { labels: string; value: number }[] {
    return this.#samples.filter((sample) => sample.name === name);
  }
}
