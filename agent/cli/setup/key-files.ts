import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../../error.ts';
import { fileBytesMax, InputError, readTextFile } from '../../input/index.ts';

/** Files for keys, by the option that names each. */
export type KeyFiles = Readonly<Record<string, string | undefined>>;

/**
 * What is wrong with the files, for a ConfigError. It is checked before anything is changed in Elasticsearch: a key that cannot be
 * written has to be invalidated again. The folder of a key that is there already may be read-only, unless `isReplaced`: the key is
 * only tried out.
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
    const why = await problemOf(file, path, isReplaced);
    if (why !== undefined) problems.push(`${option}: ${why}`);
  }
  return problems;
}

async function problemOf(file: string, path: string, isReplaced: boolean): Promise<string | undefined> {
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
