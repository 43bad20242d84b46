import { appendFile, copyFile, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { demand } from '../../cluster/processes.ts';
import { buildKubeadmBinaries } from '../kubeadm/binaries.ts';
import type { Machine } from '../machine.ts';
import type { Platform } from '../platform.ts';
import { loadBases, writeBases } from './bases.ts';
import { findServerParts, loadServerImages } from './compose/index.ts';
import { demandDocker, docker, startDocker } from './docker.ts';
import { buildNodeImage } from './node-image/index.ts';
import { demandDebootstrap } from './node-image/debian.ts';
import { buildKindPrograms } from './programs.ts';
import { configFile, configForThisMachine, newCluster } from './routes.ts';

const preparedSchema = z.object({
  kind: z.string(),
  compose: z.string(),
  nodeArchive: z.string(),
  bases: z.object({ build: z.string(), run: z.string(), packages: z.string() }),
  serverParts: z.object({ jdk: z.string(), elasticsearch: z.string() }),
});

/** A link to the folder of the log, which Docker has in a volume. */
const logFolder = '/run/kind-audit';

/** Two nodes by the real kind in a Docker daemon of this machine's own. */
export const kind: Platform = {
  hasDocker: true,
  routes: [newCluster],
  prepare: async (work, given) => {
    await demandDocker();
    await demandDebootstrap();
    const serverParts = await findServerParts();
    const binaries = await buildKubeadmBinaries(given);
    const programs = await buildKindPrograms();
    const nodeArchive = await buildNodeImage({ binaries, programs });
    const folder = join(work, 'kind-bases');
    await mkdir(folder);
    const bases = await writeBases(folder);
    return { kind: programs.kind, compose: programs.compose, nodeArchive, bases, serverParts };
  },
  start: async (machine, prepared) => {
    const parts = preparedSchema.parse(prepared);
    const differences = [...machineDifferences];
    await machine.report.claim('a Docker daemon runs, and has the images that cannot be pulled', async () => {
      differences.push(...(await startDocker(machine.processes, machine.settings.work)));
      await demand([docker, 'load', '--quiet', '--input', parts.nodeArchive]);
      await loadBases(machine.settings.work, parts.bases);
      await loadServerImages(machine.settings.work, parts.serverParts);
      const names = await demand([docker, 'images', '--format', '{{.Repository}}:{{.Tag}}']);
      return names.trim().replaceAll('\n', ', ');
    });
    await equip(machine, parts);
    return { auditLog: join(logFolder, 'audit.log'), differences, settle: () => settle(machine) };
  },
};

const machineDifferences: readonly string[] = [
  "docker compose and kind are built here from their modules; Docker is Debian's 20.10, with BuildKit, which newer ones use unasked",
  'the image of Elasticsearch holds the real server of that version, without its security and the modules that Maven Central lacks; that of Kibana a stand-in, which holds what it is sent against the schemas of Kibana 9.5',
  'the node image has systemd, runc and CNI plugins of Debian 12, which still runs on version 1 of cgroups, and a script in place of kindnetd: it enforces no NetworkPolicy',
  'to kind.yaml is added what this machine asks for: version 1 of cgroups taken, and no oom_score_adj below 0',
];

/** The programs that the guide asks for, and kind's configuration with what this machine asks for. */
async function equip(
  { person }: Machine,
  { kind: program, compose }: { kind: string; compose: string },
): Promise<void> {
  await person.addProgram('docker', `DOCKER_BUILDKIT=1 exec ${docker} "$@"`);
  await person.linkProgram('kind', program);
  const plugins = join(person.home, '.docker/cli-plugins');
  await mkdir(plugins, { recursive: true });
  await symlink(compose, join(plugins, 'docker-compose'));
  const config = join(person.folder, configFile);
  await copyFile(join(person.folder, 'manifests/kind.yaml'), config);
  await appendFile(config, configForThisMachine);
}

/** What `kind create cluster --wait` would wait for. */
async function settle({ report, person }: Machine): Promise<void> {
  const volume = `'{{range .Mounts}}{{if eq .Destination "/var"}}{{.Source}}{{end}}{{end}}'`;
  const folder = await person.demand(`docker inspect --format ${volume} kind-control-plane`);
  await symlink(join(folder.trim(), 'log/kubernetes'), logFolder);
  await report.claim('the cluster is up: both nodes are ready, and every pod runs', async () => {
    await person.demand('kubectl wait --for=condition=Ready node --all --timeout=180s');
    await person.demand('kubectl wait --for=condition=Ready pod --all --all-namespaces --timeout=180s');
    return (await person.demand('kubectl get pods -A --no-headers'))
      .replaceAll(/ +/gu, ' ')
      .trim()
      .replaceAll('\n', '; ');
  });
}
