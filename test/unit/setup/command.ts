import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { main } from '../../kit/agent/programs.ts';
import { administrator as superuser } from '../../kit/elasticsearch/starter.ts';
import { defineSetup } from '../../../agent/cli/setup/index.ts';
import { captured } from '../../kit/captured-terminal.ts';
import type { Captured } from '../../kit/captured-terminal.ts';

export type Ran = Captured;

/** An embedded Elasticsearch 9 lacks the native library of the better codec. */
const embedded = ['--codec', 'default'];

/** Runs `auditseal setup` with these parameters, in this process: it starts no other, and changes nothing global. */
export async function setup(...parameters: string[]): Promise<Ran> {
  return await captured(defineSetup, [...embedded, ...parameters]);
}

/** The same as a process of its own, as an administrator runs it. */
export async function setupProcess(...parameters: string[]): Promise<Ran> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [main, 'setup', ...embedded, ...parameters], (failure, out, error) => {
      resolve({ code: failure ? Number(failure.code ?? -1) : 0, out, error });
    });
  });
}

/** Options for the administrator; the password is in a file of `folder`. */
export async function administrator(folder: string, url: string, namespace: string): Promise<string[]> {
  const passwordFile = join(folder, 'password');
  const { username, password } = superuser;
  await writeFile(passwordFile, `${password}\n`);
  return ['--url', url, '--username', username, '--password-file', passwordFile, '--namespace', namespace];
}
