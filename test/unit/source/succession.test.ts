import { open, unlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { beginningOf, checkOf } from '../../../agent/source/fingerprint.ts';
import { Identifier } from '../../../agent/source/identify.ts';
import { Reserved, reservedDeletedBytesMax } from '../../../agent/source/reserved.ts';
import { Known, newRecord } from '../../../agent/source/known.ts';
import { listRotation } from '../../../agent/source/listing.ts';
import type { Entry } from '../../../agent/source/entry.ts';
import { readStretch } from '../../../agent/source/open-file.ts';
import { fileStat } from '../../../agent/source/stat.ts';
import { emptyTailState } from '../../../agent/source/state.ts';
import type { FileRecord } from '../../../agent/source/state.ts';
import { Succession } from '../../../agent/source/succession.ts';
import type { Follow } from '../../../agent/source/succession.ts';
import type { Survey } from '../../../agent/source/survey.ts';
import { LogFolder } from './log-folder.ts';

/** A succession in which something happens after the first look at the directory, or inside it. */
class Interrupted extends Succession {
  happens: (() => Promise<unknown>) | undefined;
  /** After listing the backups and before looking at the live file; before or after opening what was chosen. */
  when: 'listing' | 'opening' | 'opened' = 'opening';
  #looks = 0;

  override async survey(): Promise<Survey> {
    this.#looks++;
    if (this.when === 'opened') {
      if (this.#looks === 2) await this.happens?.();
      return await super.survey();
    }
    const before = await super.survey();
    if (this.#looks > 1) return before;
    await this.happens?.();
    if (this.when === 'opening') return before;
    const after = await super.survey();
    const entries = [
      ...before.entries.filter(({ backup }) => backup),
      ...after.entries.filter(({ backup }) => !backup),
    ];
    return { ...after, entries, entryOf: (id) => entries.find((entry) => after.entryOf(id) === entry) };
  }
}

function interrupted(log: LogFolder, known: Known, kept = new Reserved()): Interrupted {
  return new Interrupted(log.path, new Identifier((entry) => kept.open(entry)), known, kept);
}

/** Notes that the live file, which holds `one`, was read. */
async function recordOf(log: LogFolder, known: Known): Promise<FileRecord> {
  const [entry] = await listRotation(log.path);
  if (!entry) throw new Error('the live file is not listed');
  return recordOfEntry(entry, known, 'one\n');
}

/** Notes that a file of the rotation was read, whose whole content is `text`. */
function recordOfEntry(entry: Entry, known: Known, text: string): FileRecord {
  const one = Buffer.from(text);
  const record = newRecord(known.newId(beginningOf(one).fingerprint), entry);
  known.add(Object.assign(record, { offset: one.length, check: checkOf(one), ended: true }));
  return record;
}

/** A folder whose first file was read and rotated away, and is now followed by another. */
async function afterTheFirst(
  log: LogFolder,
): Promise<(interruption?: Partial<Interrupted>) => Promise<Follow>> {
  await log.write('one\n');
  const known = new Known(log.path, emptyTailState);
  const record = await recordOf(log, known);
  await log.rotate('two\n');
  const succession = interrupted(log, known);
  return (interruption) => Object.assign(succession, interruption).follow({ record, proven: true });
}

/** What the file found next holds, and whether it is proven. */
async function found({ next }: Follow): Promise<[string, boolean] | undefined> {
  if (!next) return undefined;
  const { bytes } = await readStretch(next.file, 0, 100);
  await next.file.close();
  return [bytes.toString(), next.proven];
}

test('the file after a rotated one is the next by name', async () => {
  await using log = await LogFolder.make();
  const follow = await afterTheFirst(log);
  expect(await found(await follow())).toEqual(['two\n', true]);
});

test('a rotation between reading the directory and looking at the live file does not hide a file', async () => {
  await using log = await LogFolder.make();
  const follow = await afterTheFirst(log);
  const happens = () => log.rotate('three\n');
  expect(await found(await follow({ happens, when: 'listing' }))).toEqual(['two\n', true]);
});

test('a rotation between listing and opening does not hide a file', async () => {
  await using log = await LogFolder.make();
  const follow = await afterTheFirst(log);
  const happens = () => log.rotate('three\n');
  expect(await found(await follow({ happens }))).toEqual(['two\n', true]);
});

test('compression between listing and opening does not hide a file', async () => {
  await using log = await LogFolder.make();
  const follow = await afterTheFirst(log);
  const backup = await log.rotate('three\n');
  expect(await found(await follow({ happens: () => log.compress(backup) }))).toEqual(['two\n', true]);
});

test('what is described is what was opened, also when the live file changed hands meanwhile', async () => {
  await using log = await LogFolder.make();
  const follow = await afterTheFirst(log);
  const happens = async () => unlink(await log.rotate('three\n'));
  const { next } = await follow({ happens, when: 'opened' });
  const [live] = (await listRotation(log.path)).slice(-1);
  expect(next?.entry.stat.inode).toBe(live?.stat.inode);
  expect(live).toBeDefined();
  expect(await next?.file.stat()).toMatchObject({ inode: live?.stat.inode });
  await next?.file.close();
});

test('a file that is renamed between reading the directory and looking at the live file is not taken for deleted', async () => {
  await using log = await LogFolder.make();
  await log.write('one\n');
  const known = new Known(log.path, emptyTailState);
  const record = await recordOf(log, known);
  const succession = interrupted(log, known);
  Object.assign(succession, { when: 'listing', happens: () => log.rotate('two\n') });
  const located = await succession.locate(record);
  expect(located).toMatchObject({ entry: { path: log.backups[0] } });
  if (typeof located === 'object') await located.file.close();
});

test.for([2, 1, 0])(
  'files that were seen once are proven to follow each other, though all but %s backups are deleted before they are seen again',
  async (most) => {
    await using log = await LogFolder.make();
    await log.write('one\n');
    const known = new Known(log.path, emptyTailState);
    const record = await recordOf(log, known);
    // The file at hand is open, so that its inode is not given away.
    await using handle = await open(log.path);
    await log.rotate('two\n');
    await log.rotate('three\n');
    const kept = new Reserved();
    const succession = interrupted(log, known, kept);
    const happens = async () => {
      await log.rotate('four\n');
      await log.deleteBeyond(most);
    };
    Object.assign(succession, { when: 'opened', happens });
    const one = { record, stat: fileStat(await handle.stat({ bigint: true })), isSettled: true };
    await succession.lookAhead(one, reservedDeletedBytesMax);
    const { next } = await succession.follow({ record, proven: true }, one);
    if (!next) throw new Error('nothing follows');
    const two = {
      record: recordOfEntry(next.entry, known, 'two\n'),
      stat: await next.file.stat(),
      isSettled: true,
    };
    const after = await succession.follow({ record: two.record, proven: true }, two);
    expect(await found({ finished: true, next })).toEqual(['two\n', true]);
    expect(await found(after)).toEqual(['three\n', true]);
    await kept.close();
  },
);
