import { execFile } from 'node:child_process';
import { parseArgs, promisify } from 'node:util';
import type { Mount, Ran, Unpacked } from './container.ts';

const run = promisify(execFile);

/** What the documents use of `docker run`; another option is an error. */
const options = {
  rm: { type: 'boolean' },
  'read-only': { type: 'boolean' },
  'cap-drop': { type: 'string' },
  network: { type: 'string' },
  user: { type: 'string' },
  volume: { type: 'string' },
  workdir: { type: 'string' },
} as const;

/** Who runs `docker`, and in which folder. */
export interface Caller {
  uid: number;
  folder: string;
}

/** The `docker run …` commands of the console blocks of a document, as they are printed, each whole. */
export function dockerRuns(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```console\n(.*?)^```$/gmsu)].map(([, text = '']) => text);
  const commands = blocks.flatMap((text) => text.split(/^\$ /mu)).map((text) => text.trim());
  // What a pipe hands over comes from the test.
  return commands
    .filter((text) => /\bdocker run /u.test(text))
    .map((text) => text.slice(text.indexOf('docker run ')));
}

/**
 * Runs such a command as Docker would, by runc, on an image that is unpacked here: a shell of the caller splits and expands it.
 * Docker with `--network host` gives the container the names of the host; `mounts` stand for them.
 *
 * @throws for an option that none of the documents used when this was written, and for less than no rights at all
 */
export async function dockerRun(
  image: Unpacked,
  command: string,
  { uid, folder }: Caller,
  mounts: readonly Mount[] = [],
): Promise<Ran> {
  const script = `docker() { printf '%s\\0' "$@"; }\n${command}`;
  const { stdout } = await run('bash', ['-c', script], { cwd: folder, uid, gid: uid });
  const [subcommand, ...words] = stdout.split('\0').slice(0, -1);
  if (subcommand !== 'run') throw new Error(`docker ${subcommand} is not known here`);
  const end = words.findIndex((word) => word.startsWith('registry.example/'));
  const { values } = parseArgs({ args: words.slice(0, end), options });
  const [user, volume] = [values.user?.split(':'), values.volume?.split(':')];
  if (
    !values['read-only'] ||
    values['cap-drop'] !== 'ALL' ||
    values.network !== 'host' ||
    user?.[0] !== user?.[1]
  )
    throw new Error(`the test runs no container as ${command} asks for`);
  const [source = '', destination = ''] = volume ?? [];
  return await image.run(
    words.slice(end + 1),
    Number(user?.[0]),
    [{ source, destination, writable: true }, ...mounts],
    undefined,
    values.workdir,
  );
}
