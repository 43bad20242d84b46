import type { Result } from './shipper.ts';

/** Fewer tell nothing: single rounds were seen to differ by half on a shared machine. */
const roundsMin = 5;

/**
 * What the rounds show, as Markdown: medians, and the ratio of CPU time to the first shipper's within each round, its median with
 * the least and the greatest. Of fewer than five rounds only that they tell nothing.
 *
 * @param names the shippers, in the order of the table
 * @param rounds the results of each round
 */
export function conclusionOf(names: readonly string[], rounds: readonly (readonly Result[])[]): string {
  if (rounds.length < roundsMin)
    return `No conclusion: ${rounds.length} rounds, and fewer than ${roundsMin} tell nothing.`;
  const rows = names.map((name) => {
    const results = rounds.map((round) => resultOf(round, name));
    const median = (key: Exclude<keyof Result, 'name'>) => medianOf(results.map((result) => result[key]));
    const ratios = rounds.map(
      (round) =>
        resultOf(round, name).cpuSecondsPer100MB / resultOf(round, names[0] ?? name).cpuSecondsPer100MB,
    );
    return [
      name,
      median('cpuSecondsPer100MB').toFixed(2),
      medianOf(ratios).toFixed(2),
      `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
      median('megabytesPerSecond').toFixed(0),
      median('rssMegabytes').toFixed(0),
      String(median('documents')),
      String(median('requests')),
      median('wireMegabytes').toFixed(0),
    ];
  });
  const head = [
    '',
    'CPU s / 100 MB',
    'ratio',
    'of single rounds',
    'MB/s',
    'peak RSS MB',
    'documents',
    'requests',
    'sent MB',
  ];
  const lines = [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...rows];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  return `Medians of ${rounds.length} rounds; ratios of CPU time to the first:\n\n${table}`;
}

function resultOf(round: readonly Result[], name: string): Result {
  const found = round.find((result) => result.name === name);
  if (found === undefined) throw new Error(`${name} is missing in a round`);
  return found;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
