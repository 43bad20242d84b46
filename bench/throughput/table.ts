import type { Result } from './shipper.ts';

/** The medians of each shipper's runs as a Markdown table, with the ratio of CPU time to the first one's. */
export function tableOf(results: readonly Result[]): string {
  const names = [...new Set(results.map(({ name }) => name))];
  const medians = names.map((name) => medianOf(results.filter((result) => result.name === name)));
  const first = medians[0]?.cpuSecondsPer100MB ?? NaN;
  const rows = medians.map((row) => [
    row.name,
    row.cpuSecondsPer100MB.toFixed(2),
    (row.cpuSecondsPer100MB / first).toFixed(2),
    row.megabytesPerSecond.toFixed(0),
    row.rssMegabytes.toFixed(0),
    String(row.documents),
    String(row.requests),
    row.wireMegabytes.toFixed(0),
  ]);
  const head = ['', 'CPU s / 100 MB', 'ratio', 'MB/s', 'peak RSS MB', 'documents', 'requests', 'sent MB'];
  const lines = [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function medianOf(results: readonly Result[]): Result {
  const median = (key: Exclude<keyof Result, 'name'>): number => {
    const values = results.map((result) => result[key]).toSorted((a, b) => a - b);
    const middle = Math.floor(values.length / 2);
    return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
  };
  return {
    name: results[0]!.name,
    cpuSecondsPer100MB: median('cpuSecondsPer100MB'),
    megabytesPerSecond: median('megabytesPerSecond'),
    rssMegabytes: median('rssMegabytes'),
    documents: median('documents'),
    requests: median('requests'),
    wireMegabytes: median('wireMegabytes'),
  };
}
