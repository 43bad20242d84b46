import type { Guide, GuideCommand } from './guide.ts';

/** One way through the guide, as a user of one platform takes it. */
export interface Route {
  /** What it is called in the report. */
  title: string;
  /** The lead-ins that its user follows; commands behind no lead-in are always run. */
  parts: readonly string[];
  /** Everything that is not run as it is printed. */
  changes: readonly Change[];
  /** What the output of a command has to say, beside its exit code 0. */
  expectations: readonly { what: RegExp; says: RegExp }[];
}

/** What differs here from the guide. Every one has to match a command of the route. */
export type Change = {
  /** Matches the command as it is printed. */
  what: RegExp;
  /** Why it cannot be run here as it is printed; for the report. */
  why: string;
} & (
  | { kind: 'excused' }
  /** What `what` matches is replaced by this. */
  | { kind: 'replaced'; by: string }
  /** Run as it is printed, again until it succeeds: the guide says that it takes a while. */
  | { kind: 'awaited'; secondsMax: number }
);

export interface Planned {
  printed: GuideCommand;
  /** What is run; none if it is excused. */
  run?: string;
  /** Zero: it has to succeed at once. */
  secondsMax: number;
  /** Why it is not, or not as it is printed. */
  reasons: readonly string[];
  says: readonly RegExp[];
}

/**
 * The commands of a route, in the guide's order.
 *
 * @throws for a part that the guide has not, and for a change or an expectation that matches no command: the guide has changed
 */
export function planRoute(guide: Guide, route: Route): Planned[] {
  for (const part of route.parts)
    if (!guide.commands.some((command) => command.part === part))
      throw new Error(`${route.title}: the guide has no command behind **${part}.**`);
  const commands = guide.commands.filter(({ part }) => part === undefined || route.parts.includes(part));
  for (const { what } of [...route.changes, ...route.expectations])
    if (!commands.some(({ text }) => what.test(text)))
      throw new Error(`${route.title}: no command of the guide matches ${String(what)}`);
  return commands.map((command) => planCommand(command, route));
}

function planCommand(printed: GuideCommand, { changes, expectations }: Route): Planned {
  const matching = changes.filter(({ what }) => what.test(printed.text));
  const says = expectations.filter(({ what }) => what.test(printed.text)).map((one) => one.says);
  const reasons = matching.map(({ why }) => why);
  if (matching.some(({ kind }) => kind === 'excused')) return { printed, reasons, secondsMax: 0, says };
  let [run, secondsMax] = [printed.text, 0];
  for (const change of matching) {
    // A function: `$` means nothing in it.
    if (change.kind === 'replaced') run = run.replace(change.what, () => change.by);
    if (change.kind === 'awaited') ({ secondsMax } = change);
  }
  return { printed, run, reasons, secondsMax, says };
}
