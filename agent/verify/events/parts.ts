import type { LogExtent } from '../streams.ts';

/**
 * At most `readers` groups of logs with about as many leaf indexes each, the logs of each in the order given. At least one group,
 * which may be empty: what is under no known origin is read all the same.
 */
export function groupsOf(logs: readonly LogExtent[], readers: number): LogExtent[][] {
  const groups = Array.from({ length: Math.max(1, Math.min(readers, logs.length)) }, () => ({
    places: [] as number[],
    size: 0,
  }));
  const largestFirst = [...logs.entries()].toSorted(([, a], [, b]) => sizeOf(b) - sizeOf(a));
  for (const [place, log] of largestFirst) {
    const smallest = groups.reduce((least, group) => (group.size < least.size ? group : least));
    smallest.places.push(place);
    // Every log counts for something: an empty one takes a request, too.
    smallest.size += 1 + sizeOf(log);
  }
  return groups.map(({ places }) => places.toSorted((a, b) => a - b).map((place) => logs[place]!));
}

function sizeOf({ from, to }: LogExtent): number {
  return to - from;
}

/**
 * Goes through generators beside one another and yields what they yield as it comes. Where one throws, the others are told to end,
 * and have ended before the error is thrown on.
 */
export async function* together<Value>(generators: readonly AsyncGenerator<Value>[]): AsyncGenerator<Value> {
  const next = async (generator: AsyncGenerator<Value>) => ({ generator, result: await generator.next() });
  const pending = new Map(generators.map((generator) => [generator, next(generator)]));
  try {
    while (pending.size > 0) {
      const { generator, result } = await Promise.race(pending.values());
      if (result.done === true) pending.delete(generator);
      else {
        // Behind the others, so that each has its turn.
        pending.delete(generator);
        pending.set(generator, next(generator));
        yield result.value;
      }
    }
  } finally {
    const ends = [...pending].flatMap(([generator, last]) => [last, generator.return(undefined)]);
    await Promise.allSettled(ends);
  }
}
