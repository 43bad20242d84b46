import { DirectoryError } from './error.ts';
import { readFileDirectory } from './file.ts';
import type { DirectorySettings } from './schema.ts';
import { secretIn, trustOf } from './tls.ts';

/**
 * What is wrong with the files that a directory's settings name: a line each, beginning with the key below them. They are opened as a refresh opens
 * them; nothing is sent, and no line has any of their content.
 */
export async function directoryFileProblems(settings: DirectorySettings): Promise<string[]> {
  const { file, ldap, scim } = settings;
  const found = await Promise.all([
    file && problemOf('file.path: ', readFileDirectory(settings)),
    ldap?.passwordFile && problemOf('ldap.', secretIn(ldap.passwordFile, 'passwordFile')),
    ldap?.caFile && problemOf('ldap.', trustOf(ldap.caFile)),
    scim?.tokenFile && problemOf('scim.', secretIn(scim.tokenFile, 'tokenFile')),
    scim?.caFile && problemOf('scim.', trustOf(scim.caFile)),
  ]);
  return found.filter((problem) => typeof problem === 'string' && problem !== '') as string[];
}

async function problemOf(prefix: string, reading: Promise<unknown>): Promise<string | undefined> {
  try {
    await reading;
    return undefined;
  } catch (error) {
    if (error instanceof DirectoryError) return `${prefix}${error.message}`;
    throw error;
  }
}
