import { fetchAgain } from './fetch-again.ts';

/** One sample of the text format of Prometheus. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Scrape {
  samples: Sample[];
  /** Metric name → HELP and TYPE. */
  described: Map<string, { help: string; type: string }>;
}

/** Reads /metrics (prometheus.io/docs/instrumenting/exposition_formats); throws on a line that is none of it. */
export function parseScrape(text: string): Scrape {
  const found: Scrape = { samples: [], described: new Map() };
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/u.exec(line);
    if (comment) {
      const [, kind, name = '', rest = ''] = comment;
      const known = found.described.get(name) ?? { help: '', type: '' };
      found.described.set(name, { ...known, [kind === 'HELP' ? 'help' : 'type']: rest });
      continue;
    }
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/u.exec(line);
    if (!sample) throw new Error(`not a line of a scrape: ${line}`);
    const [, name = '', labelText = '', value] = sample;
    const labels = [...labelText.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gu)];
    const named = Object.fromEntries(labels.map(([, label = '', quoted = '']) => [label, quoted]));
    found.samples.push({ name, labels: named, value: Number(value) });
  }
  return found;
}

/** The sum of a metric's samples that have these labels. */
export function sumOf({ samples }: Scrape, name: string, labels: Record<string, string> = {}): number {
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

export async function scrape(port: number): Promise<Scrape> {
  return parseScrape(await (await fetchAgain(`http://127.0.0.1:${port}/metrics`)).text());
}
