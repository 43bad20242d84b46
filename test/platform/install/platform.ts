import type { Binaries } from '../cluster/binaries.ts';
import type { Machine } from './machine.ts';
import type { Route } from './route.ts';

/** A kind of cluster that the guide is followed on. */
export interface Platform {
  routes: readonly Route[];
  /** Whether its machine has Docker, which runs step 1 and builds step 3's image: otherwise both are there, from outside. */
  hasDocker?: boolean;
  /**
   * Outside the namespaces, with a network: builds what {@link start} needs, as JSON can carry it.
   *
   * @param work a folder for it, for the whole run
   * @throws Unavailable where the machine has not what it needs
   */
  prepare(work: string, binaries: Binaries): Promise<unknown>;
  /** Inside, before the guide's first command: makes the machine what the user of this platform has then. */
  start(machine: Machine, prepared: unknown, route: Route): Promise<Started>;
}

export interface Started {
  /** Where the apiserver's log is, as this machine sees it. */
  auditLog: string;
  /** How this machine differs from a user's, beside the commands. */
  differences: readonly string[];
  /** After the step of the cluster: what its owner does that is none of the guide's business, and waiting until the cluster is up. */
  settle: () => Promise<void>;
}
