import { dirname } from 'node:path';
import { chart } from '../charts/helm.ts';
import { demand, run } from './processes.ts';
import type { Ran } from './processes.ts';

export const release = 'auditseal';
export const namespace = 'auditseal';

/** The real helm on the chart, as an administrator of the cluster. */
export class Helm {
  readonly binary: string;
  readonly #kubeconfig: string;

  constructor(binary: string, kubeconfig: string) {
    this.binary = binary;
    this.#kubeconfig = kubeconfig;
  }

  /** `helm install` or `upgrade` of the chart, with `--set` for each of these. */
  async apply(what: 'install' | 'upgrade', values: readonly string[], ...more: string[]): Promise<string> {
    const set = values.flatMap((value) => ['--set', value]);
    return await this.demand(what, release, chart, ...set, ...more);
  }

  async demand(...args: string[]): Promise<string> {
    return await demand(this.#command(args), { env: this.#env });
  }

  async run(...args: string[]): Promise<Ran> {
    return await run(this.#command(args), { env: this.#env });
  }

  #command(args: readonly string[]): string[] {
    return [this.binary, ...args, '--namespace', namespace];
  }

  get #env(): NodeJS.ProcessEnv {
    return { ...process.env, KUBECONFIG: this.#kubeconfig, HOME: dirname(this.#kubeconfig) };
  }
}
