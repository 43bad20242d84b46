import { readFileSync } from 'node:fs';
import { Report } from '../cluster/report.ts';
import { conclude, follow } from './follow.ts';
import { readGuide } from './guide.ts';
import { makeMachine } from './machine.ts';
import type { Started } from './platform.ts';
import { platforms } from './platforms.ts';
import { proveArrival } from './proof.ts';
import { planRoute } from './route.ts';
import { settingsSchema } from './settings.ts';

/** What main.ts starts within the namespaces: one route through the guide. Exit 1 if a claim failed. */
// The part outside has gone, or was asked to: the namespaces, and all that runs in them, end with this process.
process.stdin.on('end', () => process.exit(130)).resume();

const settings = settingsSchema.parse(JSON.parse(readFileSync(process.argv[2]!, 'utf8')));
const platform = platforms[settings.platform]!;
const route = platform.routes.find(({ title }) => title === settings.route)!;
const report = new Report((line) => process.stdout.write(`${line}\n`));
const guide = readGuide();
const planned = planRoute(guide, route);
const machine = await makeMachine(settings, report, platform.hasDocker === true);
let started: Started | undefined;
await report.stage(`${route.title}: the machine before the guide`, async () => {
  started = await platform.start(machine, settings.prepared, route);
});
if (started) {
  const { auditLog, differences, settle } = started;
  const seconds = await follow(guide, planned, machine, settle);
  if (seconds) {
    await report.stage('What came of it', async () => {
      await proveArrival(report, auditLog);
      conclude(report, planned, seconds, differences);
    });
  }
}
report.end();
process.exit(report.failed === 0 ? 0 : 1);
