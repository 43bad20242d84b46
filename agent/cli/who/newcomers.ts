import type { Newcomer } from '../../who/index.ts';
import { nameOf, nameWidthMax, timesOf } from './cells.ts';
import type { Sheet } from './sheet.ts';

/** Who and what was not there before. */
export function newcomerSheet(listed: readonly Newcomer[], isShort: boolean): Sheet {
  const times = timesOf(
    listed.flatMap(({ first, last }) => [first, last]),
    isShort,
  );
  return {
    table: {
      columns: [
        { heading: 'NEW' },
        { heading: 'NAME', widthMax: nameWidthMax },
        { heading: 'FIRST', isWhole: true },
        { heading: 'LAST', isWhole: true },
      ],
      rows: listed.map(({ kind, name, first, last }) => [
        kind,
        nameOf(name),
        times.of(first),
        times.of(last),
      ]),
    },
    note: times.note,
    objects: listed.map((one) => ({ type: 'newcomer', ...one })),
  };
}
