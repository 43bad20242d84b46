import { isFields } from '../event/index.ts';
import type { AuditEvent } from '../event/index.ts';

/** What every event has one of; `other` is what no apiserver writes. */
export const signLevels = ['Metadata', 'Request', 'RequestResponse', 'other'] as const;
export const signStages = [
  'RequestReceived',
  'ResponseStarted',
  'ResponseComplete',
  'Panic',
  'other',
] as const;

/** Events of some minutes, by level and stage. */
export interface SignWindow {
  readonly levels: readonly number[];
  readonly stages: readonly number[];
  readonly events: number;
  /** Reading had to wait: that nothing came says nothing. */
  readonly isPaused: boolean;
}

/** Ten minutes: an idle cluster's apiserver writes in each of them. */
const windowMillisecondsDefault = 600_000;
/** Two hours. */
const windowsMax = 12;
/** An event may be so much newer than this machine's clock: the apiserver is on the same node. */
const aheadMilliseconds = 60_000;

/** What is seen of the events of one source as they pass: counts alone, a few additions an event. */
export class LogSigns {
  readonly #windowMilliseconds: number;
  readonly #levels = signLevels.map(() => 0);
  readonly #stages = signStages.map(() => 0);
  /** Counts when the open window began. */
  #levelsBefore = signLevels.map(() => 0);
  #stagesBefore = signStages.map(() => 0);
  #windows: SignWindow[] = [];
  #windowAt: number | undefined;
  #isPaused = false;
  /** Times of events are compared as text: both are RFC 3339 in UTC. */
  #latest = '\uFFFF';
  #readAt = 0;
  /** Milliseconds since 1970, of reading; undefined for never. */
  lastEventAt: number | undefined;
  truncatedAt: number | undefined;
  aheadAt: number | undefined;

  constructor(windowMilliseconds = windowMillisecondsDefault) {
    this.#windowMilliseconds = windowMilliseconds;
  }

  /** Before the lines of a chunk. */
  begin(readAt: Date): void {
    this.#readAt = readAt.getTime();
    this.#latest = new Date(this.#readAt + aheadMilliseconds).toISOString();
    this.roll(this.#readAt);
  }

  see({ level, stage, stageTimestamp, annotations }: AuditEvent): void {
    this.#levels[levelNumber(level)]! += 1;
    this.#stages[stageNumber(stage)]! += 1;
    this.lastEventAt = this.#readAt;
    if (typeof stageTimestamp === 'string' && stageTimestamp > this.#latest) this.aheadAt = this.#readAt;
    // k8s.io/apiserver/plugin/pkg/audit/truncate
    if (isFields(annotations) && annotations['audit.k8s.io/truncated'] !== undefined)
      this.truncatedAt = this.#readAt;
  }

  /** Reading has to wait. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Closes windows whose time is over. */
  roll(now: number): void {
    this.#windowAt ??= now;
    // After a step of the clock a window begins anew.
    if (now < this.#windowAt) this.#windowAt = now;
    while (now - this.#windowAt >= this.#windowMilliseconds) {
      this.#close();
      this.#windowAt += this.#windowMilliseconds;
      if (now - this.#windowAt > windowsMax * this.#windowMilliseconds) this.#windowAt = now;
    }
  }

  /** Closed ones, the oldest first. */
  get windows(): readonly SignWindow[] {
    return this.#windows;
  }

  /** Events since this process began, by level. */
  levelCounts(): Map<string, number> {
    return new Map(signLevels.map((level, i) => [level, this.#levels[i]!]));
  }

  /** The same by stage. */
  stageCounts(): Map<string, number> {
    return new Map(signStages.map((stage, i) => [stage, this.#stages[i]!]));
  }

  #close(): void {
    const levels = this.#levels.map((count, i) => count - this.#levelsBefore[i]!);
    const stages = this.#stages.map((count, i) => count - this.#stagesBefore[i]!);
    const events = levels.reduce((sum, count) => sum + count, 0);
    this.#windows = [...this.#windows, { levels, stages, events, isPaused: this.#isPaused }].slice(
      -windowsMax,
    );
    this.#levelsBefore = [...this.#levels];
    this.#stagesBefore = [...this.#stages];
    this.#isPaused = false;
  }
}

function levelNumber(level: unknown): number {
  switch (level) {
    case 'Metadata':
      return 0;
    case 'Request':
      return 1;
    case 'RequestResponse':
      return 2;
    default:
      return 3;
  }
}

function stageNumber(stage: unknown): number {
  switch (stage) {
    case 'RequestReceived':
      return 0;
    case 'ResponseStarted':
      return 1;
    case 'ResponseComplete':
      return 2;
    case 'Panic':
      return 3;
    default:
      return 4;
  }
}
