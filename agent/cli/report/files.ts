import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf } from '../../error.ts';
import type { SigningKey } from '../../seal/index.ts';
import { VerifyError } from '../../verify/index.ts';
import { signReport, sumLines } from './signature.ts';

/** Of the owner alone: a report has names of users and of what they did. */
const mode = 0o600;

/** Where a report goes. */
export interface ReportFiles {
  html: string;
  json: string | undefined;
  sums: string;
  note: string | undefined;
}

/** The files beside `out`. Throws VerifyError `usage` where one is there: somebody may have signed it. */
export function filesFor(out: string, isJson: boolean, isSigned: boolean): ReportFiles {
  // Coreutils write such a name in another way.
  if (/[\\\n\r]/u.test(basename(out)))
    throw new VerifyError('usage', '--out: a name with a backslash or a line break cannot be used');
  const json = isJson ? `${out.replace(/\.html?$/iu, '')}.json` : undefined;
  const files = { html: out, json, sums: `${out}.sha256`, note: isSigned ? `${out}.note` : undefined };
  for (const file of Object.values(files))
    if (file !== undefined && existsSync(file))
      throw new VerifyError('usage', `--out: ${file} is there already, and no report is overwritten`);
  return files;
}

/**
 * Writes a report, its digests as `sha256sum -c` reads them, and the signature. All are on the disk then; where one cannot be
 * written, none is left. Throws VerifyError `usage`.
 */
export async function writeReport(
  files: ReportFiles,
  { html, json }: { html: string; json: string },
  key: SigningKey | undefined,
): Promise<void> {
  const contents = [
    { file: files.html, text: html },
    ...(files.json === undefined ? [] : [{ file: files.json, text: json }]),
  ];
  const digests = contents.map(({ file, text }) => ({ file, sha256: sha256Of(text) }));
  const all = [...contents, { file: files.sums, text: sumLines(digests) }];
  if (files.note !== undefined && key) all.push({ file: files.note, text: signReport(digests, key) });
  const written: string[] = [];
  try {
    for (const { file, text } of all) {
      await writeFile(file, text, { mode, flag: 'wx', flush: true });
      written.push(file);
    }
  } catch (cause) {
    for (const file of written) await rm(file, { force: true });
    throw new VerifyError('usage', `--out: the report could not be written: ${messageOf(cause)}`, { cause });
  }
}

/** Hex. */
export function sha256Of(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}
