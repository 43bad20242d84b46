import { expect, test } from 'vitest';
import { Known } from '../../../agent/source/known.ts';
import { emptyTailState, filesMax, parseTailState } from '../../../agent/source/state.ts';
import type { FileRecord } from '../../../agent/source/state.ts';

function recordOf(file: number): FileRecord {
  const hash = file.toString(16).padStart(64, '0');
  const time = new Date(1_795_392_278_561 + file).toISOString().slice(0, -1).replaceAll(':', '-');
  const path = `/var/log/audit/audit-${time}.log`;
  const hints = { device: '1', inode: String(file), birthMilliseconds: 0 };
  return { id: `${hash}#0`, path, ...hints, offset: 1, check: hash, size: 1, ended: true };
}

test('more backups than the state can name are remembered as read all the same', () => {
  const known = new Known('/var/log/audit/audit.log', emptyTailState);
  const listed = new Set<string>();
  for (let file = 0; file < filesMax + 50; file++) {
    const record = recordOf(file);
    listed.add(record.id);
    known.add(record);
    known.forget(listed, new Set([record.id]));
  }
  const { records, floor } = known;
  expect(() => parseTailState({ v: 1, files: records, floor })).not.toThrow();
  const names = Array.from({ length: filesMax + 50 }, (_, file) => recordOf(file));
  const remembered = names.filter(({ id, path }) => known.get(id) ?? known.isBelowFloor(path.slice(15)));
  expect(remembered).toHaveLength(filesMax + 50);
  expect(known.isBelowFloor(recordOf(filesMax + 51).path.slice(15))).toBe(false);
  expect(known.isBelowFloor('audit.log.1')).toBe(false);
});

test('files that vanished are forgotten, the latest and those in use excepted', () => {
  const known = new Known('/var/log/audit/audit.log', emptyTailState);
  for (let file = 0; file < 100; file++) known.add(recordOf(file));
  known.forget(new Set([recordOf(5).id]), new Set([recordOf(0).id]));
  const kept = known.records.map(({ inode }) => Number(inode));
  expect(kept).toEqual([0, 5, ...Array.from({ length: 32 }, (_, index) => 68 + index)]);
  expect(known.floor).toBeUndefined();
});
