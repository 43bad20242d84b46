import { readFileSync } from 'node:fs';
import { Helm } from './helm.ts';
import { becomeNode } from './host.ts';
import { makePeople } from './people.ts';
import { Report } from './report.ts';
import { settingsSchema } from './settings.ts';
import { runAsThePod } from './stages/as-the-pod/index.ts';
import { checkChart } from './stages/chart.ts';
import { startControlPlane } from './stages/control-plane.ts';
import { runOnRealNode } from './stages/real-node/index.ts';
import { checkRelease } from './stages/release.ts';
import { checkScheduling } from './stages/scheduling.ts';

/** What main.ts starts within the namespaces: the stages, in their order. Exit 1 if a claim failed. */
// The part outside has gone, or was asked to: the namespaces, and all that runs in them, end with this process.
process.stdin.on('end', () => process.exit(130)).resume();

const settings = settingsSchema.parse(JSON.parse(readFileSync(process.argv[2]!, 'utf8')));
const report = new Report((line) => process.stdout.write(`${line}\n`));
await becomeNode(settings, 'control-plane-1');
const plane = await startControlPlane(settings, report);
if (plane) {
  const helm = new Helm(settings.binaries.helm, plane.admin.kubeconfig);
  const cluster = { settings, report, plane, helm };
  await checkChart(cluster);
  await checkScheduling(cluster);
  const people = await makePeople(plane, settings);
  await runAsThePod(cluster, people);
  await checkRelease(cluster);
  await runOnRealNode(cluster, people);
}
report.end();
process.exit(report.failed === 0 ? 0 : 1);
