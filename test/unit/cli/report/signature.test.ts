import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defineReport } from '../../../../agent/cli/report/index.ts';
import { Excerpt } from '../../../../agent/cli/report/excerpt.ts';
import { filesFor, writeReport } from '../../../../agent/cli/report/files.ts';
import { signedBy, signReport } from '../../../../agent/cli/report/signature.ts';
import { signNote, statementText } from '../../../../agent/seal/index.ts';
import { captured } from '../../../kit/captured-terminal.ts';
import { temporaryFolder } from '../../../kit/agent/index.ts';
import { eraserKey, operatorKey } from '../../../kit/seal/operator.ts';

const digests = [{ file: '/tmp/report.html', sha256: 'a'.repeat(64) }];
const operators = [operatorKey().verifier.text];

test('an operator’s signature is taken, and no other note', () => {
  const note = signReport(digests, operatorKey());
  expect(signedBy(note, { operators })).toEqual({
    operator: 'operator@example.com',
    digests: new Map([['report.html', 'a'.repeat(64)]]),
  });
  expect(signedBy(note.replace('aaa', 'aab'), { operators })).toMatch(/^no operator/u);
  expect(signedBy(note, { operators: [eraserKey().verifier.text] })).toMatch(/^no operator/u);
  expect(signedBy('', { operators })).toMatch(/^no operator/u);
  const origin = 'prod/cp-1/kube-apiserver/20261123T004438Z';
  const statement = {
    kind: 'retire',
    log: origin,
    last: 3,
    at: '2026-11-24T00:00:00.000Z',
    why: 'x',
  } as const;
  expect(signedBy(signNote(statementText(statement), operatorKey()), { operators })).toMatch(
    /something else/u,
  );
  const odd = signNote('auditseal report v1\nnot a digest\n', operatorKey());
  expect(signedBy(odd, { operators })).toMatch(/no digest/u);
});

test('a report is checked by its files, and a changed byte is named', async () => {
  await using folder = await temporaryFolder();
  const path = (name: string) => join(folder.path, name);
  await writeFile(path('trust.json'), JSON.stringify({ v: 1, logs: [], operators }));
  const files = filesFor(path('report.html'), true, true);
  await writeReport(files, { html: '<p>', json: '{}' }, operatorKey());
  const check = async () =>
    await captured(defineReport, ['check', path('report.html'), '--trust', path('trust.json')]);
  const lines = (html: string) =>
    `${path('report.html')}: ${html}, by operator@example.com\n${path('report.json')}: as signed, by operator@example.com\n`;
  expect(await check()).toEqual({ code: 0, out: lines('as signed'), error: '' });
  expect(await readFile(files.sums, 'utf8')).toMatch(
    /^[\da-f]{64} {2}report\.html\n[\da-f]{64} {2}report\.json\n$/u,
  );
  await appendFile(path('report.html'), ' ');
  expect(await check()).toEqual({ code: 3, out: lines('changed'), error: '' });
  await writeFile(path('other.html.note'), await readFile(path('report.html.note')));
  const other = await captured(defineReport, ['check', path('other.html'), '--trust', path('trust.json')]);
  expect(other).toMatchObject({ code: 3, out: '' });
});

test('no report is overwritten, and a half of one is not left behind', async () => {
  await using folder = await temporaryFolder();
  const out = join(folder.path, 'report.html');
  const files = filesFor(out, true, false);
  await writeFile(files.json!, 'somebody was faster');
  await expect(writeReport(files, { html: '<p>', json: '{}' }, undefined)).rejects.toThrow(
    'could not be written',
  );
  await expect(readFile(out)).rejects.toThrow('ENOENT');
  expect(() => filesFor(out, true, false)).toThrow('report.json is there already');
  expect(() => filesFor(join(folder.path, 'a\nb'), false, false)).toThrow('line break');
});

test.each([
  [[], '--out: say which file'],
  [['--out', 'r.html'], '--since: say from when'],
  [['--out', 'r.html', '--since', '1h'], '--url or --config'],
  [['--out', 'r.html', '--since', '1h', '--until', '2h'], '--since: is later than'],
  [['--out', 'r.html', '--since', '1h', '--sign-key', '/nowhere'], '/nowhere'],
  [['--out', 'r.html', '--since', '1h', '--usual', '10.0.0.0/33'], 'range of addresses'],
  [['--out', 'r.html', '--since', '1h', '--rows', '0'], 'number of rows'],
])('with %j it ends with 78 and says why', async (parameters, message) => {
  const { code, out, error } = await captured(defineReport, parameters);
  expect([code, out]).toEqual([78, '']);
  expect(error).toContain(message);
});

test('of what was printed the beginning and the end are kept, and all of it where it is short', () => {
  const short = new Excerpt();
  for (let i = 0; i < 1000; i += 1) short.add(`line ${i}\n`);
  expect(short.text()).toBe(Array.from({ length: 1000 }, (_, i) => `line ${i}\n`).join(''));
  const long = new Excerpt();
  for (let i = 0; i < 100_000; i += 1) long.add(`line ${i}\n`);
  const text = long.text();
  expect(text.length).toBeLessThan(201_000);
  expect(text.startsWith('line 0\nline 1\n')).toBe(true);
  expect(text.endsWith('line 99999\n')).toBe(true);
  const whole = Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`.length).reduce((a, b) => a + b);
  const [, left] = /\((\d+) characters are left out here\)/u.exec(text)!;
  expect(Number(left) + text.replace(/\n\n\(\d+ .*\n\n/u, '').length).toBe(whole);
});
