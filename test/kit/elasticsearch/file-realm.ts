import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Administrator {
  username: string;
  password: string;
}

export function authorization({ username, password }: Administrator): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

const iterations = 1000;
const keyBytes = 32;

/** Writes `users` and `users_roles` as `elasticsearch-users` does: one superuser, with the hash that Elasticsearch calls pbkdf2_1000. */
export async function writeFileRealm(folder: string, { username, password }: Administrator): Promise<void> {
  await mkdir(folder, { recursive: true });
  const salt = randomBytes(keyBytes);
  const hash = pbkdf2Sync(password, salt, iterations, keyBytes, 'sha512');
  const line = `${username}:{PBKDF2}${iterations}$${salt.toString('base64')}$${hash.toString('base64')}\n`;
  await writeFile(join(folder, 'users'), line, { mode: 0o600 });
  await writeFile(join(folder, 'users_roles'), `superuser:${username}\n`, { mode: 0o600 });
}
