import assert from 'node:assert/strict';
import { until } from '../../kit/agent/index.ts';
import type { Ran } from '../cluster/processes.ts';
import type { Report } from '../cluster/report.ts';
import type { Guide } from './guide.ts';
import { builtImage } from './image.ts';
import type { Machine } from './machine.ts';
import type { Started } from './platform.ts';
import { proveArrival } from './proof.ts';
import type { Planned } from './route.ts';

/** After which the cluster is there. */
const clusterStep = 2;
/** Whose command takes long for what is no part of the guide: the image is built outside, beside the steps before. */
const imageStep = 3;

/** What of a machine is needed to follow the guide. */
export interface Follower {
  report: Report;
  settings: Pick<Machine['settings'], 'imageFile'>;
  person: Pick<Machine['person'], 'run'>;
}

/**
 * A whole route: the machine before the guide, the guide, and what came of it. Returns the exit code: 0 only if it came to its end and
 * every claim was proven. What is missing on a machine is found before a route begins; from then on it is a failure, never skipped.
 */
export async function followRoute(
  title: string,
  guide: Guide,
  planned: readonly Planned[],
  machine: Follower,
  start: () => Promise<Started>,
): Promise<number> {
  const { report } = machine;
  let started: Started | undefined;
  await report.stage(`${title}: the machine before the guide`, async () => {
    started = await start();
  });
  let ended = false;
  if (started) {
    const { auditLog, differences, settle } = started;
    const seconds = await follow(guide, planned, machine, settle);
    if (seconds) {
      await report.stage('What came of it', async () => {
        await proveArrival(report, auditLog);
        conclude(report, planned, seconds, differences);
        ended = true;
      });
    }
  }
  if (!ended && report.failed === 0)
    await report.claim('the route comes to its end', () => assert.fail('it was skipped on the way'));
  report.end();
  return report.failed === 0 ? 0 : 1;
}

/**
 * Runs the commands one after the other, each a claim, until one fails: what follows would mean nothing. Returns the seconds of
 * each step, or undefined if it came to no end.
 */
async function follow(
  guide: Guide,
  planned: readonly Planned[],
  machine: Follower,
  settle: () => Promise<void>,
): Promise<ReadonlyMap<number, number> | undefined> {
  const { report, settings } = machine;
  const seconds = new Map<number, number>();
  for (const [step, title] of guide.titles) {
    const commands = planned.filter(({ printed }) => printed.step === step);
    await report.stage(`docs/install.md, step ${step}: ${title}`, async () => {
      if (step === imageStep && isBuiltOutside(planned)) {
        const built = await builtImage(settings.imageFile);
        report.note(`the image was built in ${built.toFixed(0)} s, outside; not part of the sum`);
      }
      const began = performance.now();
      for (const command of commands) {
        await claimCommand(command, machine);
        if (report.failed > 0) return;
      }
      seconds.set(step, (performance.now() - began) / 1000);
      if (step === clusterStep) await settle();
    });
    if (!seconds.has(step) || report.failed > 0) return undefined;
  }
  return seconds;
}

/** Whether the guide's image comes as an archive. */
function isBuiltOutside(planned: readonly Planned[]): boolean {
  return planned.some(({ run }) => run?.includes('"$IMAGE_ARCHIVE"'));
}

async function claimCommand(planned: Planned, { report, person }: Follower): Promise<void> {
  const { printed, run, reasons, secondsMax, says } = planned;
  if (run === undefined) {
    report.note(`not run: $ ${printed.text}`);
    return;
  }
  await report.claim(`$ ${run.replaceAll('\n', '\n             ')}`, async () => {
    const began = performance.now();
    let ran: Ran | undefined;
    const succeeds = async () => {
      ran = await person.run(run);
      return ran.code === 0 && says.every((text) => text.test(ran!.stdout));
    };
    const why = () => `exit ${ran?.code}\n${ran?.stderr}${ran?.stdout}`.trim();
    if (secondsMax > 0)
      await until(succeeds, why, { millisecondsMax: secondsMax * 1000, everyMilliseconds: 1000 });
    else assert.ok(await succeeds(), why());
    const took = ((performance.now() - began) / 1000).toFixed(1);
    return `${took} s; ${lastLine(ran!)}`;
  });
  for (const reason of reasons)
    report.note(`${run === printed.text ? 'waited for' : `instead of: $ ${printed.text}`}: ${reason}`);
}

function lastLine({ stdout, stderr }: Ran): string {
  const line = (stdout.trim() || stderr.trim()).split('\n').at(-1)!;
  return line.slice(0, 160);
}

/** What the report ends with: the ten minutes, and everything that was not as the guide has it. */
function conclude(
  report: Report,
  planned: readonly Planned[],
  seconds: ReadonlyMap<number, number>,
  differences: readonly string[],
): void {
  const sum = [...seconds.values()].reduce((a, b) => a + b, 0);
  const steps = [...seconds].map(([step, one]) => `step ${step}: ${one.toFixed(0)} s`);
  const without = isBuiltOutside(planned) ? 'building and downloading' : 'downloading';
  report.note(`${steps.join(', ')}; in all ${sum.toFixed(0)} s, without ${without} images`);
  report.note('not as the guide prints it:');
  for (const { printed, reasons } of planned)
    for (const reason of reasons) report.note(`- $ ${printed.text.split('\n')[0]}: ${reason}`);
  for (const difference of differences) report.note(`- this machine: ${difference}`);
}
