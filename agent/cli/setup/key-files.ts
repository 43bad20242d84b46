import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../../error.ts';
import { fileBytesMax, InputError, readTextFile } from '../../input/index.ts';

/** Files that keys are to go into, by the option that names each. */
export type KeyFiles = Readonly<Record<string, string | undefined>>;

/**
 * What is wrong with them, for a ConfigError. Looked at before anything is changed in Elasticsearch: else all would be done, and
 * then there would be no place for the key. A key that is there already is only tried, unless `isReplaced`: its folder may be read-only.
 */
export async function keyFileProblems(files: KeyFiles, isReplaced: boolean): Promise<string[]> {
  const problems: string[] = [];
  const options = new Map<string, string>();
  for (const [option, file] of Object.entries(files)) {
    if (file === undefined) continue;
    const path = resolve(file);
    const other = options.get(path);
    if (other !== undefined) problems.push(`${option}: ${file} is that of ${other}: each key needs its own`);
    options.set(path, option);
    const why = await objectionTo(file, path, isReplaced);
    if (why !== undefined) problems.push(`${option}: ${why}`);
  }
  return problems;
}

async function objectionTo(file: string, path: string, isReplaced: boolean): Promise<string | undefined> {
  if (file === '') return 'it must not be empty';
  try {
    const text = await readTextFile(path, fileBytesMax.secret);
    if (text.trim() !== '' && !isReplaced) return undefined;
  } catch (error) {
    if (!(error instanceof InputError && error.code === 'absent')) return `${file} ${messageOf(error)}`;
  }
  const folder = dirname(path);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    return `${file} cannot be made: nothing can be written into ${folder}: ${messageOf(error)}`;
  }
  return undefined;
}
