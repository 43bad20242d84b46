import { readFileSync } from 'node:fs';
import { Report } from '../cluster/report.ts';
import { followRoute } from './follow.ts';
import { readGuide } from './guide.ts';
import { makeMachine } from './machine.ts';
import { platforms } from './platforms.ts';
import { planRoute } from './route.ts';
import { settingsSchema } from './settings.ts';

/** What main.ts starts within the namespaces: one route through the guide. Exit 1 if a claim failed, or it did not come to its end. */
// The part outside has gone, or was asked to: the namespaces, and all that runs in them, end with this process.
process.stdin.on('end', () => process.exit(130)).resume();

const settings = settingsSchema.parse(JSON.parse(readFileSync(process.argv[2]!, 'utf8')));
const platform = platforms[settings.platform]!;
const route = platform.routes.find(({ title }) => title === settings.route)!;
const report = new Report((line) => process.stdout.write(`${line}\n`));
const guide = readGuide();
const planned = planRoute(guide, route);
const machine = await makeMachine(settings, report, platform.hasDocker === true);
const start = () => platform.start(machine, settings.prepared, route);
process.exit(await followRoute(route.title, guide, planned, machine, start));
