import { execFileSync } from 'node:child_process';
import { appendFile, chmod, chown, mkdir, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { lineNumber, startAgent, temporaryFolder, until, writeConfig } from '../../kit/agent/index.ts';
import type { AgentProcess } from '../../kit/agent/index.ts';
import { statusOf } from '../../kit/status.ts';

/** Takes the superuser's right to read everything, as the DaemonSet does (`drop: [ALL]`), but for the capabilities named. */
const setpriv = (...capabilities: string[]) => [
  'setpriv',
  `--bounding-set=${['-all', ...capabilities].join(',')}`,
  '--inh-caps=-all',
];

/** Why the rights of another user cannot be tried out here. */
function cannotBeBound(): string | undefined {
  if (process.getuid?.() !== 0) return 'not run as root, which alone can give a file to another user';
  try {
    const [program = '', ...rest] = setpriv();
    execFileSync(program, [...rest, process.execPath, '--version'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'setpriv of util-linux is not there, or may not take capabilities away';
  }
}

const unbound = cannotBeBound();

const line = `${lineNumber(1)}\n`;

/** The apiserver's user on Talos. */
const nobody = 65_534;

/** A log as Talos has it: mode 0600 in a folder of mode 0700, both of another user. */
async function ofTalos(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await appendFile(path, line);
  await chmod(path, 0o600);
  await chown(path, nobody, nobody);
  await chmod(dirname(path), 0o700);
  await chown(dirname(path), nobody, nobody);
}

interface Place {
  make: (path: string) => Promise<unknown>;
  /** What `status` says. */
  remedy: RegExp;
  /** Puts a log of one line there that may be read. */
  mend: (path: string) => Promise<unknown>;
}

const inFolder = async (path: string) => await mkdir(dirname(path), { recursive: true });
const replace = async (path: string) => {
  await rm(path, { recursive: true, force: true });
  await inFolder(path);
  await appendFile(path, line);
};

const places: Record<string, Place> = {
  folder: {
    make: (path) => rm(dirname(path), { recursive: true, force: true }),
    remedy: /\(ENOENT\): the folder is not there/u,
    mend: replace,
  },
  loop: {
    make: async (path) => (await inFolder(path), await symlink(path, path)),
    remedy: /\(ELOOP\): its symbolic links lead in a circle/u,
    mend: replace,
  },
  directory: {
    make: (path) => mkdir(path, { recursive: true }),
    remedy: /\(EISDIR\): it is a folder; give the path of the live file/u,
    mend: replace,
  },
  fifo: {
    make: async (path) => (await inFolder(path), execFileSync('mkfifo', [path])),
    remedy: /\(EINVAL\): it is a FIFO/u,
    mend: replace,
  },
};

const denials: Record<string, Place> = {
  talos: {
    make: ofTalos,
    remedy: /\(EACCES\): \S+\/talos is of uid 65534, mode 0700, .*\(uid 0\).*DAC_READ_SEARCH/u,
    mend: async (path) => {
      await chown(dirname(path), 0, 0);
      await chown(path, 0, 0);
    },
  },
  file: {
    make: async (path) => {
      await ofTalos(path);
      await chmod(dirname(path), 0o755);
    },
    remedy: /\(EACCES\): it is of uid 65534, mode 0600, .*DAC_READ_SEARCH/u,
    mend: (path) => chmod(path, 0o644),
  },
};

interface Stage extends AsyncDisposable {
  agent: AgentProcess;
  pathOf: (name: string) => string;
  /** The lines of `status` about a source. */
  status: (name: string) => Promise<string>;
  sample: (metric: string, name: string) => Promise<number | undefined>;
}

/** An agent on one source for each place, and a log that can be read; Elasticsearch is away, which is no matter here. */
async function stage(named: Record<string, Place>, under: readonly string[] = []): Promise<Stage> {
  const folder = await temporaryFolder();
  const names = [...Object.keys(named), 'good'];
  const pathOf = (name: string) => join(folder.path, 'logs', name, 'audit.log');
  for (const [name, { make }] of Object.entries(named)) await make(pathOf(name));
  await replace(pathOf('good'));
  const sources = names.map((name) => ({ name, path: pathOf(name) }));
  const config = await writeConfig(folder.path, {
    elasticsearchUrl: 'http://127.0.0.1:1',
    namespace: 'nowhere',
    sources,
    // What `status` says must not wait for a heartbeat.
    more: { shutdownSeconds: 0, heartbeatSeconds: 3600 },
  });
  const agent = await startAgent({ config, sources: names.length, under });
  return {
    agent,
    pathOf,
    status: async (name) => {
      const { text } = await statusOf(join(folder.path, 'state'));
      return text.split('\n\n').find((part) => part.startsWith(`${name}\n`)) ?? '';
    },
    sample: async (metric, name) => (await agent.metrics()).get(`${metric}{source="${name}"}`),
    [Symbol.asyncDispose]: async () => {
      await agent.kill();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const attention = /^ +ATTENTION +the audit log cannot be read since \d{4}.*\(AuditsealSourceUnreadable\)$/mu;

async function isSaid({ agent, status, sample }: Stage, name: string, remedy: RegExp): Promise<void> {
  await until(
    async () => remedy.test(attention.exec(await status(name))?.[0] ?? ''),
    () => agent.tail(),
  );
  expect(await sample('auditseal_source_readable', name)).toBe(0);
}

async function isMended({ agent, status, sample }: Stage, name: string): Promise<void> {
  await until(
    async () =>
      (await sample('auditseal_source_readable', name)) === 1 &&
      (await sample('auditseal_read_lines_total', name)) === 1 &&
      !(await status(name)).includes('cannot be read'),
    () => agent.tail(),
  );
}

const cases: [string, Record<string, Place>, string[], string | undefined][] = [
  ['a folder that is not there, links in a circle, a folder and a FIFO', places, [], undefined],
  ['logs of another user', denials, setpriv(), unbound],
];

test.for(cases)(
  '%s: not ready, an ATTENTION with the remedy, a metric, and the same lag in both; all over when mended',
  async ([_name, named, under, missing], { skip }) => {
    if (missing !== undefined) skip(missing);
    await using on = await stage(named, under);
    const { agent } = on;
    for (const [name, { remedy }] of Object.entries(named)) await isSaid(on, name, remedy);
    expect(await agent.probe('readyz')).toBe(503);
    // A restart would not mend it, and the other sources would stop for it.
    expect(await agent.probe('healthz')).toBe(200);
    await isMended(on, 'good');
    expect(agent.said(/cannot read/u)).toHaveLength(Object.keys(named).length);
    for (const name of Object.keys(named)) {
      const size = name === 'file' ? (await stat(on.pathOf(name))).size : undefined;
      expect(await on.sample('auditseal_lag_bytes', name), name).toBe(size);
      const shown = size === undefined ? 'not known' : `${(size / 1024).toFixed(1)} KiB`;
      expect(await on.status(name)).toMatch(new RegExp(`^  not yet read +${shown} as of`, 'mu'));
    }

    for (const [name, { mend }] of Object.entries(named)) {
      expect(await agent.probe('readyz')).toBe(503);
      await mend(on.pathOf(name));
      await isMended(on, name);
    }
    expect(await agent.probe('readyz')).toBe(200);
    expect(agent.said(/can be read again$/u)).toHaveLength(Object.keys(named).length);
    expect(await agent.stop()).toBe(0);
  },
);

test('a log that is taken away while it is held open is told before the next rotation, and its coming back', async ({
  skip,
}) => {
  if (unbound !== undefined) skip(unbound);
  await using on = await stage({}, setpriv());
  await isMended(on, 'good');
  const path = on.pathOf('good');
  await chmod(path, 0);
  await isSaid(on, 'good', /\(EACCES\): it is of uid 0, mode 0000, /u);
  expect(await on.agent.probe('readyz')).toBe(503);
  await chmod(path, 0o600);
  await isMended(on, 'good');
  expect(await on.agent.probe('readyz')).toBe(200);
});

test('with the one capability that the remedy names, the log of Talos is read', async ({ skip }) => {
  if (unbound !== undefined) skip(unbound);
  const { talos } = denials;
  await using on = await stage({ talos: talos! }, setpriv('+dac_read_search'));
  await isMended(on, 'talos');
  expect(await on.agent.probe('readyz')).toBe(200);
});
