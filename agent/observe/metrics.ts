import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { DriftMetrics } from './drift-metrics.ts';
import { families } from './families.ts';
import type { Family } from './families.ts';
import { NotificationMeter } from './notification-meter.ts';
import { pseudonymRules } from '../pseudonym/index.ts';
import { ruleNames } from '../redact/index.ts';
import { SourceMeter } from './source-meter.ts';
import { WeightedHistogram } from './weighted-histogram.ts';

/** From a quick setup's tenths of a second to an outage of days. */
const deliveryBuckets = [
  0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400,
];

/** What may be 0 for ever and must still be seen to rise from 0. */
const gapReasons = ['unproven', 'deleted', 'truncated', 'corrupt'] as const;
const epochReasons = ['first', 'age', 'state lost', 'rolled back'] as const;
const retryCauses = [
  'unreachable',
  'untrusted',
  'timeout',
  'too-large',
  'unauthorized',
  'rejected',
  'refused',
  'dropped',
  'bad-response',
  'templates',
] as const;

/** A directory of people, as far as metrics tell of it. */
export interface WatchedDirectory {
  readonly name: string;
  readonly size: number;
  /** Undefined where it was never read. */
  readonly readAt: Date | undefined;
}

export interface MetricsOptions {
  version: string;
  now: () => Date;
  spoolBytesMax: number;
  freeBytesMin: number;
  /** Names of the policy's rules. */
  rules: readonly string[];
  /** Directories of people. */
  directories: () => readonly WatchedDirectory[];
  /** Bytes free on the state's disk; undefined if it cannot be asked. */
  freeBytes: () => number | undefined;
}

/**
 * Every metric of the agent; docs/operations.md lists them. What belongs to a source is counted by its meter and copied at
 * a scrape, all at one instant, so that what belongs together is together: read + pieces = dropped + shipped + waiting.
 */
export class Metrics {
  readonly meters = new Map<string, SourceMeter>();
  readonly #options: MetricsOptions;
  readonly #registry = new Registry();
  readonly #copied: { family: Family; metric: Counter | Gauge }[];
  readonly #lags = new Map<string, () => Promise<number | undefined>>();
  #turn: Promise<unknown> = Promise.resolve();
  readonly #delivery = new WeightedHistogram({
    name: 'auditseal_delivery_seconds',
    help: "From each event's own time to the acknowledgement of its batch, since this process began.",
    buckets: deliveryBuckets,
    registers: [this.#registry],
  });
  readonly #commits = this.#counter('auditseal_commits_total', 'Durable transactions of the state.');
  readonly #commitRetries = this.#counter(
    'auditseal_commit_retries_total',
    'Transactions that failed because the disk was full and were tried again.',
  );
  readonly #commitSeconds = new Histogram({
    name: 'auditseal_commit_seconds',
    help: 'Duration of a durable transaction, fsync included.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers: [this.#registry],
  });
  /** Lookups of what is there already that failed. */
  readonly lookupFailures = this.#counter(
    'auditseal_lookup_failures_total',
    'Lookups of what Elasticsearch has already that failed; documents are then sent without one.',
  );
  readonly policyReloads = new Counter({
    name: 'auditseal_policy_reloads_total',
    help: 'Changes of the policy file: taken up (success), or refused, so that the policy of before stays (failure).',
    labelNames: ['result'],
    registers: [this.#registry],
  });
  /** 1 while the policy file holds something that cannot be used. */
  readonly policyIsRefused = this.#gauge(
    'auditseal_policy_refused',
    '1 while the policy file holds what cannot be used, and the policy of before is in force; else 0.',
  );
  readonly notifications = new NotificationMeter(this.#registry);
  readonly directoryRefreshes = new Counter({
    name: 'auditseal_directory_refreshes_total',
    help: 'Looks at a directory of people: read (success), or not, so that the people of before stay (failure).',
    labelNames: ['directory', 'result'],
    registers: [this.#registry],
  });
  readonly #directoryPeople = this.#gauge(
    'auditseal_directory_people',
    'People that a directory has, as it was last read.',
    ['directory'],
  );
  readonly #directoryAge = this.#gauge(
    'auditseal_directory_age_seconds',
    'How long ago a directory was last read whole; since the start of the agent where it never was.',
    ['directory'],
  );
  /** What is known of drift. */
  readonly drift = new DriftMetrics(this.#registry);
  readonly #freeBytes = this.#gauge('auditseal_disk_free_bytes', "Bytes free on the state folder's disk.");
  readonly #clock = this.#gauge(
    'auditseal_clock_timestamp_seconds',
    "The node's clock at the scrape; compare it with the time of the sample.",
  );
  readonly #memory = this.#gauge('process_resident_memory_bytes', 'Resident memory of the agent.');
  readonly #cpu = this.#counter('process_cpu_seconds_total', 'User and system CPU time of the agent.');

  constructor(options: MetricsOptions) {
    this.#options = options;
    for (const { name } of options.directories())
      for (const result of ['success', 'failure'])
        this.directoryRefreshes.inc({ directory: name, result }, 0);
    this.#copied = families.map((family) => {
      const { name, help, label } = family;
      const labelNames = ['source', ...(label === undefined ? [] : [label])];
      const config = { name, help, labelNames, registers: [this.#registry] };
      return { family, metric: family.type === 'counter' ? new Counter(config) : new Gauge(config) };
    });
    const { version, spoolBytesMax, freeBytesMin } = options;
    this.#gauge('auditseal_build_info', '1, with the version of the agent and of Node.', [
      'version',
      'node_version',
    ]).set({ version, node_version: process.versions.node }, 1);
    this.#gauge(
      'auditseal_spool_limit_bytes',
      'The setting spoolBytesMax; each source has an equal share of it.',
    ).set(spoolBytesMax);
    this.#gauge(
      'auditseal_disk_free_min_bytes',
      'The setting freeBytesMin: with less free on the disk reading pauses.',
    ).set(freeBytesMin);
    for (const result of ['success', 'failure']) this.policyReloads.inc({ result }, 0);
    this.#gauge('process_start_time_seconds', 'When the agent began, seconds since 1970.').set(
      Math.round(performance.timeOrigin / 1000),
    );
  }

  /** The meter of a source; `lagBytes` is asked at each scrape. */
  meter(source: string): SourceMeter {
    const known = this.meters.get(source);
    if (known) return known;
    const meter = new SourceMeter(source, (seconds, events) => this.#delivery.add(source, seconds, events));
    this.#delivery.begin(source);
    meter.declare('gaps', gapReasons);
    meter.declareRules(this.#options.rules);
    meter.declare('redacted', [...ruleNames, ...pseudonymRules]);
    for (const reason of epochReasons) meter.epochs.set(reason, 0);
    for (const cause of retryCauses) meter.retries.set(cause, 0);
    for (const reason of ['spool', 'disk']) meter.pauses.set(reason, 0);
    this.meters.set(source, meter);
    return meter;
  }

  /** Where the bytes of a source that are not read are asked for. */
  watchLag(source: string, lagBytes: () => Promise<number | undefined>): void {
    this.#lags.set(source, lagBytes);
  }

  /** Asks every source how far behind it is: at each scrape, and as often as `status` shall know it. */
  async lookAtLags(): Promise<void> {
    const asked = [...this.#lags].map(async ([source, lagBytes]) => {
      this.meter(source).lagBytes = await lagBytes();
    });
    await Promise.all(asked);
  }

  committed(seconds: number): void {
    this.#commits.inc();
    this.#commitSeconds.observe(seconds);
  }

  commitRetried(): void {
    this.#commitRetries.inc();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text of a scrape. One at a time: while one is printed, the copies stay. */
  text(): Promise<string> {
    const text = this.#turn.then(async () => {
      await this.lookAtLags();
      this.#copy();
      return await this.#registry.metrics();
    });
    this.#turn = text.catch(() => undefined);
    return text;
  }

  #copy(): void {
    const now = this.#options.now();
    this.#clock.set(now.getTime() / 1000);
    this.#memory.set(process.memoryUsage.rss());
    const { user, system } = process.cpuUsage();
    this.#cpu.reset();
    this.#cpu.inc((user + system) / 1e6);
    const free = this.#options.freeBytes();
    if (free === undefined) this.#freeBytes.reset();
    else this.#freeBytes.set(free);
    for (const { name, size, readAt } of this.#options.directories()) {
      this.#directoryPeople.set({ directory: name }, size);
      const since = readAt?.getTime() ?? performance.timeOrigin;
      this.#directoryAge.set({ directory: name }, Math.max(0, (now.getTime() - since) / 1000));
    }
    for (const { family, metric } of this.#copied) {
      metric.reset();
      for (const meter of this.meters.values()) copyFamily(family, metric, meter, now);
    }
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }
}

function copyFamily(family: Family, metric: Counter | Gauge, meter: SourceMeter, now: Date): void {
  const { source } = meter;
  const value = family.read(meter, now);
  if (value === undefined) return;
  if (typeof value === 'number') metric.inc({ source }, value);
  else for (const [label, each] of value) metric.inc({ source, [family.label ?? '']: label }, each);
}
