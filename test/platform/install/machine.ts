import { mkdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { becomeMachine, nodeAddress } from '../cluster/host.ts';
import { demand, Processes } from '../cluster/processes.ts';
import type { Report } from '../cluster/report.ts';
import { serveNames } from './names.ts';
import { Person } from './person.ts';
import { elasticsearchName, kibanaName, startServices } from './services.ts';
import type { Settings } from './settings.ts';

/** The name that the guide's examples give the first control-plane node. */
export const hostName = 'cp-1';

/** Namespaces that are a machine, and who follows the guide on it. */
export interface Machine {
  settings: Settings;
  report: Report;
  /** Servers whose logs are kept with `KEEP=1`. */
  processes: Processes;
  person: Person;
}

/**
 * With a network of its own in which the guide's names are found, and Elasticsearch and Kibana answer behind them.
 *
 * @param hasDocker whether they are left to step 1 of the guide
 */
export async function makeMachine(settings: Settings, report: Report, hasDocker: boolean): Promise<Machine> {
  const { work } = settings;
  await becomeMachine(work, hostName);
  await connectNetwork();
  const logs = join(work, 'logs');
  mkdirSync(logs);
  const person = await Person.make(work, { IMAGE_ARCHIVE: `${settings.imageFile}.tar` });
  await person.linkProgram('kubectl', settings.binaries.kubectl);
  await person.linkProgram('helm', settings.binaries.helm);
  if (!hasDocker) await startServices(work, person.folder, settings.elasticsearchSocket);
  return { settings, report, processes: new Processes(logs), person };
}

/** An interface with the node's address and a default route, whose other end leads nowhere, and a name server. */
async function connectNetwork(): Promise<void> {
  await demand(['ip', 'link', 'add', 'node0', 'type', 'veth', 'peer', 'name', 'nowhere0']);
  for (const device of ['nowhere0', 'node0']) await demand(['ip', 'link', 'set', device, 'up']);
  await demand(['ip', 'address', 'add', `${nodeAddress}/24`, 'dev', 'node0']);
  await demand(['ip', 'route', 'add', 'default', 'via', '10.99.0.254']);
  // As every documentation of Kubernetes asks for.
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  // Links to the machine's own.
  for (const file of ['/etc/hosts', '/etc/resolv.conf']) await rm(file, { force: true });
  await writeFile('/etc/hosts', `127.0.0.1 localhost\n${nodeAddress} ${hostName}\n`);
  await writeFile('/etc/resolv.conf', `nameserver ${nodeAddress}\n`);
  await serveNames(nodeAddress, new Map([elasticsearchName, kibanaName].map((name) => [name, nodeAddress])));
}
