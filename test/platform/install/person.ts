import { cp, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Ran } from '../cluster/processes.ts';
import { run } from '../cluster/processes.ts';

const repository = join(import.meta.dirname, '../../..');
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const notCloned = new Set(['node_modules', '.git', 'dist']);

/** Of one command: some wait for ever for what does not come. */
const secondsMax = 600;

/** Who follows the guide: root of this machine, at the top of a clone, with a home of their own. */
export class Person {
  /** The clone, with its packages (`npm ci`). */
  readonly folder: string;
  readonly home: string;
  /** First on their path. */
  readonly bin: string;
  readonly #env: NodeJS.ProcessEnv;
  /** What has been exported: each command has a shell of its own. */
  readonly #exports: string[] = [];

  private constructor(work: string, env: NodeJS.ProcessEnv) {
    const at = (name: string) => join(work, 'person', name);
    [this.folder, this.home, this.bin] = [at('auditseal'), at('home'), at('bin')];
    this.#env = { PATH: `${this.bin}:${systemPath}`, HOME: this.home, ...env };
  }

  /** @param env beside PATH and HOME, for commands that are not the guide's own */
  static async make(work: string, env: NodeJS.ProcessEnv): Promise<Person> {
    const person = new Person(work, env);
    await mkdir(person.home, { recursive: true });
    await mkdir(person.bin);
    await cp(repository, person.folder, {
      recursive: true,
      filter: (path) => !notCloned.has(basename(path)),
    });
    await symlink(await realpath(join(repository, 'node_modules')), join(person.folder, 'node_modules'));
    // Like the real one it hands no variables on, but for who asked (sudo(8), env_reset).
    await person.addProgram('sudo', `exec env -i PATH="${person.bin}:${systemPath}" HOME=/root "$@"`);
    return person;
  }

  /** A program on their path, as a script. */
  async addProgram(name: string, script: string): Promise<void> {
    await writeFile(join(this.bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  /** A program on their path that is somewhere else on the machine. */
  async linkProgram(name: string, path: string): Promise<void> {
    await symlink(path, join(this.bin, name));
  }

  /** Runs a command as it would be pasted; resolves whatever its exit code is, 124 if it took too long. */
  async run(command: string): Promise<Ran> {
    const script = [...this.#exports, command].join('\n');
    const ran = await run(['timeout', '--kill-after=10', String(secondsMax), 'bash', '-c', script], {
      env: this.#env,
      cwd: this.folder,
    });
    if (command.startsWith('export ') && ran.code === 0) this.#exports.push(command);
    return ran;
  }

  /** Standard output; rejects with what it said if it fails. */
  async demand(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(command);
    if (code !== 0) throw new Error(`${command}: exit ${code}\n${stderr}${stdout}`.trim());
    return stdout;
  }
}
