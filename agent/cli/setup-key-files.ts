import { access, constants, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Files that keys are to go into, by the option that names each. */
export type KeyFiles = Readonly<Record<string, string | undefined>>;

/**
 * What is wrong with them, for a ConfigError. Looked at before anything is changed in Elasticsearch: else all would be done, and
 * then there would be no place for the key.
 */
export async function keyFileProblems(files: KeyFiles): Promise<string[]> {
  const problems: string[] = [];
  const options = new Map<string, string>();
  for (const [option, file] of Object.entries(files)) {
    if (file === undefined) continue;
    const path = resolve(file);
    const other = options.get(path);
    if (other !== undefined) problems.push(`${option}: ${file} is that of ${other}: each key needs its own`);
    options.set(path, option);
    const why = await objectionTo(file, path);
    if (why !== undefined) problems.push(`${option}: ${why}`);
  }
  return problems;
}

async function objectionTo(file: string, path: string): Promise<string | undefined> {
  if (file === '') return 'it must not be empty';
  const folder = dirname(path);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    return `${file} cannot be made: nothing can be written into ${folder}: ${reason(error)}`;
  }
  try {
    await readFile(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      return `${file} cannot be read: ${reason(error)}`;
  }
  return undefined;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
