import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { demand } from './processes.ts';
import type { Settings } from './settings.ts';

/** The commands in what helm prints: each is a run of lines that are indented by five or more. */
export function commandsOf(notes: string): string[] {
  return [...notes.matchAll(/(?:^ {5,}\S.*\n)+/gmu)].map(([lines]) => lines.trim());
}

/** Where the person who reads the notes is, with the files that they name. */
export const notesFolder = (work: string) => join(work, 'notes');

/** Resolves with what the command prints; rejects if it fails. */
export type Shell = (command: string) => Promise<string>;

/** Runs a command as that person would: kubectl, helm and auditseal are on their path, and the key that may read is there. */
export async function notesShell({ work, binaries }: Settings, kubeconfig: string): Promise<Shell> {
  const folder = notesFolder(work);
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(binaries.kubectl, join(bin, 'kubectl'));
  await symlink(binaries.helm, join(bin, 'helm'));
  const script = `#!/bin/sh\nexec ${process.execPath} ${join(work, 'dist/auditseal.js')} "$@"\n`;
  await writeFile(join(bin, 'auditseal'), script, { mode: 0o755 });
  await copyFile(join(work, 'read-key'), join(folder, 'read-key'));
  const env = {
    PATH: `${bin}:/usr/bin:/bin`,
    KUBECONFIG: kubeconfig,
    HOME: dirname(kubeconfig),
  };
  return async (command) => await demand(['sh', '-c', command], { env, cwd: folder });
}
