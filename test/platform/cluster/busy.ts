import type { People } from './people.ts';

const rolesPerCommand = 10;
const noteBytes = 20_000;

/** People at work in the shop until they are told to stop: about 400 kB of audit log a round, by real kubectl. */
export class BusyPeople {
  readonly #people: People;
  readonly #done: Promise<void>;
  #stopped = false;
  #error: unknown;
  /** Commands run so far. */
  commands = 0;

  constructor(people: People) {
    this.#people = people;
    this.#done = this.#work();
    this.#done.catch((error: unknown) => (this.#error = error));
  }

  /** Resolves when the last command has ended; rejects if one could not be run. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  /** Throws if one could not be run. */
  demandWorking(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  async #work(): Promise<void> {
    const { alice, bob, zoe, dave } = this.#people;
    for (let round = 0; !this.#stopped; round += 1) {
      await dave.demandWith(roles(round), 'create', '-f', '-');
      await alice.demand('get', 'secret', 'database', '-n', 'shop', '-o', 'yaml');
      await bob.run('get', 'secret', 'database', '-n', 'shop');
      await zoe.demand('get', 'configmaps,pods', '-A');
      await dave.demand('delete', 'roles', '-n', 'shop', '-l', `round=${round}`, '--wait=false');
      this.commands += 5;
    }
  }
}

/** Roles are audited with their bodies. */
function roles(round: number): object {
  const items = Array.from({ length: rolesPerCommand }, (_, i) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: {
      name: `round-${round}-${i}`,
      namespace: 'shop',
      labels: { round: String(round) },
      annotations: { note: `ünï ${round} ${i} `.repeat(noteBytes / 10) },
    },
    rules: [],
  }));
  return { apiVersion: 'v1', kind: 'List', items };
}
