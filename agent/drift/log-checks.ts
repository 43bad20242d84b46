import { ok, ours, problem, unchecked, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import { signLevels, signStages } from './log-signs.ts';
import type { LogSigns, SignWindow } from './log-signs.ts';

/** Windows in which something has to be missing, and those before them in which it has to have been usual. */
const missingWindows = 3;
const usualWindowsMin = 6;
const usualShare = 0.8;
/** In the windows in which one thing is missing so many other events must have come. */
const othersMin = 300;
/** A sign that came once is said for so long. */
const heldMilliseconds = 3_600_000;

export interface LogCheckOptions {
  readonly source: string;
  /** Whether the apiserver was seen to answer; undefined where it is not asked. */
  readonly answers: boolean | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What the events of a source show by themselves. What has stopped is remembered until it comes again. */
export class LogChecks {
  readonly #signs: LogSigns;
  /** By name, RFC 3339: since when something that was usual has not come. */
  readonly #stopped = new Map<string, string>();

  constructor(signs: LogSigns) {
    this.#signs = signs;
  }

  findings({ source, answers, now }: LogCheckOptions): Finding[] {
    this.#signs.roll(now);
    return [
      this.#stoppedOf('levels', source, now, signLevels.slice(0, 3), ({ levels }) => levels),
      // A panic is nothing usual.
      this.#stoppedOf('stages', source, now, signStages.slice(0, 3), ({ stages }) => stages),
      this.#silence(source, answers, now),
      this.#clock(source, now),
      this.#truncated(source, now),
    ];
  }

  #stoppedOf(
    what: 'levels' | 'stages',
    source: string,
    now: number,
    names: readonly string[],
    of: (window: SignWindow) => readonly number[],
  ): Finding {
    const windows = this.#signs.windows.filter(({ events, isPaused }) => events > 0 && !isPaused);
    const stopped = names.flatMap((name, i) => {
      const isThere = (window: SignWindow) => of(window)[i]! > 0;
      const since = this.#since(`${what} ${name}`, windows, isThere, now, othersMin);
      return since === undefined ? [] : [`${name}, since ${since}`];
    });
    const about = {
      id: `${what}-${source}`,
      name: `${what} in the log of ${source}`,
      expected: 'those that came before',
      why: `${ours}: a policy that was changed shows in what it writes`,
    };
    if (stopped.length === 0) return ok({ ...about, found: 'those that came before' });
    return warning({
      ...about,
      found: `no longer ${stopped.join('; ')}`,
      remedy: `Compare the audit policy of the node with that of the others, and find out who restarted the apiserver with another: auditseal doctor.`,
    });
  }

  #silence(source: string, answers: boolean | undefined, now: number): Finding {
    const about = {
      id: `silence-${source}`,
      name: `events of ${source}`,
      expected: 'some every ten minutes, as before',
      why: `${ours}: an apiserver that runs writes, if only of its own`,
    };
    const windows = this.#signs.windows.filter(({ isPaused }) => !isPaused);
    const since = this.#since('silence', windows, ({ events }) => events > 0, now, 0);
    if (since === undefined) return ok({ ...about, found: 'some every ten minutes, or never that many' });
    const found = `none since ${since}${answers === true ? ', while its apiserver answers' : ''}`;
    const remedy =
      'If the apiserver runs, it writes elsewhere or nothing: look at its flags (auditseal doctor), at the disk, and whether the log was deleted under it.';
    return answers === true ? problem({ ...about, found, remedy }) : warning({ ...about, found, remedy });
  }

  #since(
    key: string,
    windows: readonly SignWindow[],
    isThere: (window: SignWindow) => boolean,
    now: number,
    others: number,
  ): string | undefined {
    const latest = windows.slice(-missingWindows);
    if (latest.some(isThere)) this.#stopped.delete(key);
    const earlier = windows.slice(0, -missingWindows);
    const usual = earlier.filter(isThere).length;
    const isMissing = latest.length === missingWindows && !latest.some(isThere);
    const isUsual = earlier.length >= usualWindowsMin && usual >= earlier.length * usualShare;
    const came = latest.reduce((sum, { events }) => sum + events, 0);
    if (isMissing && isUsual && came >= others && !this.#stopped.has(key))
      this.#stopped.set(key, new Date(now).toISOString());
    return this.#stopped.get(key);
  }

  #clock(source: string, now: number): Finding {
    const about = {
      id: `event-clock-${source}`,
      name: `times of events of ${source}`,
      expected: "none after this machine's clock",
      why: `${ours}: two clocks make the order of events doubtful`,
    };
    if (!isHeld(this.#signs.aheadAt, now)) return ok({ ...about, found: about.expected });
    return warning({
      ...about,
      found: 'more than a minute after it',
      remedy: 'Look at the clock of the node (chronyc tracking), or for who writes into the log.',
    });
  }

  #truncated(source: string, now: number): Finding {
    const about = {
      id: `truncated-${source}`,
      name: `events of ${source} cut by the apiserver`,
      expected: 'none',
      why: `${ours}: a client chooses how large its request is`,
    };
    if (!isHeld(this.#signs.truncatedAt, now)) return ok({ ...about, found: 'none' });
    return warning({
      ...about,
      found: 'some within the last hour',
      remedy:
        'Their bodies are lost. Take --audit-log-truncate-enabled away, or raise --audit-log-truncate-max-event-size.',
    });
  }
}

function isHeld(at: number | undefined, now: number): boolean {
  return at !== undefined && Math.abs(now - at) < heldMilliseconds;
}

/** What an apiserver has counted between two looks, against what was read of it; asked of intervals of ten minutes or more. */
export function compareLevels(
  source: string,
  counted: ReadonlyMap<string, number>,
  read: ReadonlyMap<string, number>,
): Finding {
  const about = {
    id: `levels-counted-${source}`,
    name: `levels counted by the apiserver, of ${source}`,
    expected: 'each is read',
    why: `${ours}: apiserver_audit_level_total says what was written`,
  };
  const missing = [...counted].filter(
    ([level, count]) => level !== 'None' && count >= countedMin && (read.get(level) ?? 0) === 0,
  );
  if (missing.length === 0) return ok({ ...about, found: 'each is read' });
  return problem({
    ...about,
    found: `none is read of level ${missing.map(([level]) => level).join(', ')}`,
    remedy:
      'The log that is read is not the one that is written, or somebody takes lines out before they are read: compare --audit-log-path with the sources.',
  });
}

/** Of a level that is to be there. */
const countedMin = 100;

export function notCompared(source: string): Finding {
  return unchecked({
    id: `levels-counted-${source}`,
    name: `levels counted by the apiserver, of ${source}`,
    found: 'two looks are needed',
    expected: 'each is read',
    why: ours,
  });
}
