import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { defineCheck } from '../../../agent/cli/check/index.ts';
import { checkProof, filesOf, makeProof, writeProof } from '../../../agent/proof/index.ts';
import type { Found } from '../../../agent/proof/index.ts';
import { sumsOf } from '../../../agent/proof/write.ts';
import type { TrustFile } from '../../../agent/trust/index.ts';
import { entryInside, eventPlace } from '../../../agent/verify/index.ts';
import { generatedScene } from '../../format/golden/generated.ts';
import { buildGo } from '../../format/golden/independent.ts';
import { captured } from '../../kit/captured-terminal.ts';
import { LogWriter } from '../../kit/seal/log.ts';
import type { Written } from '../../kit/seal/log.ts';
import { memoryRecords } from '../../kit/seal/records.ts';

const run = promisify(execFile);

/** All events of a log as they are found, those in a refused form by what is in them. */
function foundIn({ events }: Written): Found[] {
  return events.map(({ id, source }) => {
    const entry = entryInside(source) ?? source;
    const { origin, index } = eventPlace(entry);
    return { id, origin: origin!, index: index!, entry };
  });
}

const scene = generatedScene();
const all = foundIn(scene.written);
const records = memoryRecords(scene.written);
const proofOf = async (found: readonly Found[], trust: TrustFile | undefined = scene.trust) =>
  filesOf(await makeProof(found, records, trust));

/** An event of the third epoch of one node: two keys lead to its own. */
const last = all.findLast(({ origin }) => origin.includes('/cp-1/'))!;
const one = await proofOf([last]);
const several = await proofOf(all);

/** The folder with one byte of a file changed; the digests made anew, as whoever changes it on purpose does. */
function changed(content: ReadonlyMap<string, Buffer>, file: string, at: number, isListed = true) {
  const bytes = Buffer.from(content.get(file)!);
  bytes[at] = bytes[at]! ^ 0x01;
  const copy = new Map(content).set(file, bytes);
  if (isListed) copy.set('SHA256SUMS', Buffer.from(sumsOf(copy)));
  return copy;
}

describe('a proof', () => {
  test('of one event: its entry, a tlog-proof, and the manifests that lead to its key from the trust file’s', () => {
    expect([...one.keys()].toSorted()).toEqual([
      'README.md',
      'SHA256SUMS',
      'event.json',
      'event.tlog-proof',
      'keys.txt',
      ...[...one.keys()].filter((name) => name.startsWith('links/')).toSorted(),
    ]);
    expect([...one.keys()].filter((name) => /^links\/[0-9a-f]{16}\./u.test(name))).toHaveLength(4);
    expect(one.get('keys.txt')!.toString()).toBe(`${scene.trust.logs[0]!.vkey}\n`);
    const checked = checkProof(one, scene.trust);
    expect(checked.problems).toEqual([]);
    expect(checked.events.map(({ id, entry }) => ({ id, entry }))).toEqual([
      { id: last.id, entry: last.entry },
    ]);
  });

  test('of all events of several logs and epochs, refused ones too: each is proved, and nothing else', () => {
    const checked = checkProof(several, scene.trust);
    expect(checked.problems).toEqual([]);
    expect(checked.events.map(({ id }) => id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  });

  test('of a thousand events shares what they have in common', async () => {
    const writer = new LogWriter();
    writer.batch({ events: 300 });
    writer.batch({ events: 1000 });
    const found = foundIn(writer.written).slice(300);
    const shared = filesOf(await makeProof(found, memoryRecords(writer.written), undefined));
    // All leaves of the batch but its manifest are in it: what is left is the frontier, and the manifest's leaf.
    expect(
      shared
        .get('events.shared-proof')!
        .toString()
        .match(/^[\w+/]{43}=$/gmu)!.length,
    ).toBeLessThan(15);
    const some = filesOf(
      await makeProof(
        found.filter((_, i) => i % 50 === 0),
        memoryRecords(writer.written),
        undefined,
      ),
    );
    expect(some.get('events.shared-proof')!.length).toBeLessThan(20 * 400);
    for (const content of [shared, some]) {
      const checked = checkProof(content, undefined);
      expect(checked.problems).toEqual([]);
      expect(checked.trusted).toBe(false);
    }
  });

  test('of which any byte is changed is refused, and named, also where the digests were made anew', () => {
    for (const [name, content] of Object.entries({ one, several }))
      for (const [file, bytes] of content) {
        if (file === 'README.md' || file === 'SHA256SUMS') continue;
        // Every byte of what is short, and of the others some of each line.
        const step = name === 'several' ? 397 : bytes.length > 700 ? 29 : 1;
        for (let at = 0; at < bytes.length; at += step) {
          const { problems } = checkProof(changed(content, file, at), scene.trust);
          if (problems.length === 0)
            expect.fail(`${name}: byte ${at} of ${file} was changed, and it is taken`);
        }
      }
  });

  test('that was damaged on the way is refused, whatever byte it is, and says in which file', () => {
    for (const [file, bytes] of one)
      for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
        const { problems } = checkProof(changed(one, file, at, false), scene.trust);
        expect(problems[0]?.file).toBe('SHA256SUMS');
        if (file !== 'SHA256SUMS') expect(problems[0]?.problem).toContain(file);
      }
  });

  test('with a file more or less is refused', () => {
    for (const file of one.keys()) {
      const less = new Map([...one].filter(([name]) => name !== file));
      if (file !== 'SHA256SUMS') less.set('SHA256SUMS', Buffer.from(sumsOf(less)));
      if (file !== 'README.md') expect(checkProof(less, scene.trust).problems).not.toEqual([]);
    }
    const more = new Map(one).set('links/note.txt', Buffer.from('x'));
    more.set('SHA256SUMS', Buffer.from(sumsOf(more)));
    expect(checkProof(more, scene.trust).problems).toEqual([
      { file: 'links/note.txt', problem: 'it is no part of a proof' },
    ]);
  });

  test('does not prove what another node’s key, or a key that nobody trusts, has signed', async () => {
    const [first, second] = scene.trust.logs;
    const other: TrustFile = { ...scene.trust, logs: [second!] };
    expect(checkProof(one, other).problems[0]).toEqual({
      file: 'keys.txt',
      problem: `${first!.vkey} is not in the trust file`,
    });
    await expect(proofOf([last], other)).rejects.toMatchObject({ code: 'untrusted' });
    // A manifest as an event: it is a leaf, too.
    const disguised = new Map(one);
    for (const [name, bytes] of one)
      if (name.startsWith('links/') && name.endsWith('.json')) {
        disguised.set('event.json', bytes);
        disguised.set('event.tlog-proof', one.get(name.replace('.json', '.tlog-proof'))!);
      }
    disguised.set('SHA256SUMS', Buffer.from(sumsOf(disguised)));
    expect(checkProof(disguised, scene.trust).problems).toContainEqual({
      file: 'event.json',
      problem: expect.stringContaining('is no event that says so') as string,
    });
  });

  test('is not made of what is not as it was sealed, nor of what has no record', async () => {
    const forged = {
      ...last,
      entry: Buffer.from(last.entry.toString().replace('kubernetes-admin', 'nobody')),
    };
    await expect(proofOf([forged])).rejects.toMatchObject({ code: 'tampered' });
    await expect(proofOf([forged, last])).resolves.toEqual(one);
    await expect(proofOf([{ ...last, index: 10_000 }])).rejects.toMatchObject({ code: 'not-there' });
  });
});

test('auditseal check and a program on the stock Go packages say the same of every kind of change', async () => {
  const stock = await buildGo('stock');
  const folder = await mkdtemp(join(tmpdir(), 'proof-'));
  try {
    const trust = join(folder, 'trust.json');
    await writeFile(trust, JSON.stringify(scene.trust));
    const contents = Object.entries({ one, several }).flatMap(([name, content]) => [
      { name, content, isTaken: true },
      ...[...content].map(([file, bytes]) => {
        const at = Math.floor(bytes.length * 0.6);
        const copy = changed(content, file, at, file !== 'SHA256SUMS');
        return { name: `${name} ${file}`, content: copy, isTaken: file === 'README.md' };
      }),
    ]);
    for (const [i, { name, content, isTaken }] of contents.entries()) {
      const at = join(folder, String(i));
      for (const [file, bytes] of content) {
        await mkdir(dirname(join(at, file)), { recursive: true });
        await writeFile(join(at, file), bytes);
      }
      const { code, out } = await captured(defineCheck, ['--trust', trust, at]);
      expect({ name, code }).toEqual({ name, code: isTaken ? 0 : 1 });
      expect(out).toMatch(isTaken ? /verdict: proved\n$/u : /^does not fit: .*\nverdict: refused\n$/su);
      if (stock !== undefined) {
        const go = await run(stock, [trust, at]).then(
          ({ stdout }) => Number(stdout),
          (error: { code?: number }) => `exit ${error.code}`,
        );
        const events = name.startsWith('one') ? 1 : all.length;
        expect({ name, go }).toEqual({ name, go: isTaken ? events : 'exit 1' });
      }
    }
    const { code, out } = await captured(defineCheck, [join(folder, '0')]);
    expect(code).toBe(3);
    expect(out).toContain('not proved: no trust file was given');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a folder that holds something is not written into', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'proof-'));
  try {
    await writeFile(join(folder, 'mine'), '');
    const proof = await makeProof([last], records, scene.trust);
    await expect(writeProof(folder, proof)).rejects.toMatchObject({ code: 'usage' });
    await writeProof(join(folder, 'new'), proof);
    const { code } = await captured(defineCheck, ['--json', join(folder, 'new')]);
    expect(code).toBe(3);
    const none = await captured(defineCheck, [folder]);
    expect(none).toMatchObject({ code: 78, error: expect.stringContaining('is no proof') as string });
  } finally {
    await rm(folder, { recursive: true });
  }
});
