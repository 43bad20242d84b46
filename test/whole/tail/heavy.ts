import type { Random } from '../../kit/random.ts';
import { backlog } from './backlog.ts';
import { longLines } from './long-lines.ts';

export interface HeavyScene {
  name: string;
  /** Returns what is wrong. */
  run: (url: string, random: Random) => Promise<string[]>;
}

const kinds = ['quotes', 'deep', 'text'] as const;
const mebibyte = 1024 * 1024;

/** What is too much for every run of the tests: each in the memory that docs/operations.md writes. */
export const heavyScenes: readonly HeavyScene[] = [
  {
    name: 'lines of 1 GB',
    run: async (url, random) => {
      const sizes = [1e9, 100e6, 20e6, 1.5e6];
      const lines = sizes.map((bytes) => ({ kind: random.pick(kinds), bytes }));
      return (await longLines({ url, lines, millisecondsMax: 900_000 })).problems;
    },
  },
  {
    name: 'a backlog of six backups of 100 MB, ten kills',
    run: async (url, random) => {
      const options = { files: 6, fileBytes: 100e6, kills: 10, millisecondsMax: 1_800_000 };
      const { problems, peakBytes, limitBytes } = await backlog({ url, random, ...options });
      return peakBytes > limitBytes
        ? [...problems, `peak memory ${peakBytes}, formula ${limitBytes}`]
        : problems;
    },
  },
  {
    name: 'forty long lines within small limits',
    run: async (url, random) => {
      const limits = { batchBytesMax: mebibyte, entryBytesMax: mebibyte };
      const lines = Array.from({ length: 40 }, () => ({
        kind: random.pick(kinds),
        bytes: random.integer(100_000, 20_000_000),
      }));
      return (await longLines({ url, lines, limits, millisecondsMax: 900_000 })).problems;
    },
  },
];
