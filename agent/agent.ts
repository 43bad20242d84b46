import { setMaxListeners } from 'node:events';
import { configText } from './config/index.ts';
import type { Config } from './config/index.ts';
import { Directories } from './directory/index.ts';
import type { Directory, Refreshed } from './directory/index.ts';
import type { RulesInForce } from './detect/index.ts';
import { openDrift } from './drift/index.ts';
import { named, PolicyInForce, Room, runFlows } from './flow/index.ts';
import { Notifier, openEndpoints } from './notify/index.ts';
import { Metrics, serve } from './observe/index.ts';
import type { Logger } from './observe/index.ts';
import type { Policy } from './policy/index.ts';
import type { Pseudonymizer } from './pseudonym/index.ts';
import type { Redactor } from './redact/index.ts';
import { causeOf, createClient } from './elasticsearch/index.ts';
import { Lookup } from './ship/index.ts';
import { prepareStreams } from './streams/index.ts';
import { Committer, Store } from './store/index.ts';
import { Connection, openWitnesses } from './witness/index.ts';

/** A loop that has not come round for so long is stuck: a read that hangs, or a store that does not answer. */
const aliveMilliseconds = 120_000;

/** How often the bytes that are not read are looked at for `status`; a scrape looks by itself. */
const lagMilliseconds = 15_000;

/** How often the file of rules is looked at: a ConfigMap takes a minute to arrive anyway. */
const rulesMilliseconds = 10_000;

/** How often it is said that the disk is (still) full. */
const diskFullMilliseconds = 300_000;

export interface AgentOptions {
  config: Config;
  policy: { text: string; parsed: Policy };
  /** Takes secrets out; undefined where `redact.enabled` is false. */
  redactor: Redactor | undefined;
  /** Puts pseudonyms in the place of persons; undefined where `pseudonyms.keyFile` is not set. */
  pseudonymizer: Pseudonymizer | undefined;
  /** The rules of detection; undefined where `detection.enabled` is false. */
  rules: RulesInForce | undefined;
  logger: Logger;
  agent: { name: string; version: string };
  now: () => Date;
  /** Named points at which a test can stop the process; in production it does nothing. */
  failpoint: (name: string) => void;
  /** Told when metrics and health are served, with the port. */
  listening?: (port: number) => void;
  /** Default true. False: only polling; nothing but delay may follow from it. */
  watch?: boolean;
}

/**
 * The whole agent, until `signal` aborts: then what was read is sealed, and shipped within `shutdownSeconds`.
 * Rejects when it cannot begin (StoreError `locked` or `newer`, ElasticsearchError `settings`, StreamsError `foreign-stream`) or the state
 * cannot be written; an Elasticsearch that is away is no reason.
 */
export async function runAgent(options: AgentOptions, signal: AbortSignal): Promise<void> {
  const { config, logger } = options;
  // Whatever fails from here on, what was opened before is closed: the store's thread would keep the process alive.
  await using opened = new AsyncDisposableStack();
  const client = opened.adopt(await createClient(config.elasticsearch), (one) => one.close());
  const endpoints = await openEndpoints(config);
  const witnesses = await openWitnesses(config);
  for (const witness of witnesses) opened.defer(async () => await witness.close());
  const { url: tsaUrl, ...tsaSettings } = config.timeStamps;
  const tsa =
    tsaUrl === undefined ? undefined : await Connection.open({ url: tsaUrl, ...tsaSettings }, 'timeStamps');
  opened.defer(async () => await tsa?.close());
  const lookup = await Lookup.open(config.elasticsearch, {
    logger,
    onFailure: () => metrics.lookupFailures.inc(),
  });
  opened.defer(() => lookup?.close());
  const store = opened.adopt(await Store.open(config.stateDir), (one) => one.close());
  if (store.exposure) {
    const { mode, why } = store.exposure;
    const about = { 'file.path': config.stateDir, 'file.mode': mode };
    if (why === undefined)
      logger.info(about, `the state folder had mode ${mode}; it is 0700 now: it holds private keys`);
    else
      logger.warn(
        about,
        `the state folder has mode ${mode} and stays open to other users of the node, though it holds private keys: ${why}; chmod 0700 it as its owner`,
      );
  }
  if (store.corrupt !== undefined) {
    logger.error(
      { 'file.path': store.corrupt },
      'the state could not be read and was put aside: a new epoch begins, reading again what the files still hold',
    );
  }
  const directories = new Directories({
    settings: config.identity.directories,
    cacheFolder: config.stateDir,
    now: options.now,
    onRefresh: (directory, refreshed) => noteRefresh(directory, refreshed, { metrics, logger }),
  });
  await directories.load();
  const room = new Room({
    ...config,
    sources: config.sources.length,
    reusableBytes: () => store.reusableBytes,
  });
  const metrics = new Metrics({
    ...config,
    version: options.agent.version,
    now: options.now,
    rules: options.policy.parsed.ruleNames,
    directories: () => directories.all,
    freeBytes: () => room.freeBytes(),
  });
  let diskFullSaidAt = -Infinity;
  const diskFull = (error: Error) => {
    metrics.commitRetried();
    // It is tried every few seconds, perhaps for days, and the log may lie on the same disk.
    if (performance.now() - diskFullSaidAt < diskFullMilliseconds) return;
    diskFullSaidAt = performance.now();
    logger.error({ error }, 'the state cannot be written; nothing is lost, it is tried again');
  };
  const committer = new Committer(store, {
    commitsPerSecondMax: config.commitsPerSecondMax,
    onRetry: diskFull,
    onCommitted: (seconds) => metrics.committed(seconds),
    observe: () => observations(metrics, options.now()),
  });
  const notifier =
    endpoints.length === 0
      ? undefined
      : new Notifier(endpoints, {
          config,
          committer,
          meter: metrics.notifications,
          logger,
          now: options.now,
          outbox: await store.notifications(),
        });
  const beats = new Map(config.sources.map(({ name }) => [name, performance.now()]));
  const health = {
    isAlive: () => [...beats.values()].every((at) => performance.now() - at < aliveMilliseconds),
    isReady: () => config.sources.every(({ name }) => metrics.meters.get(name)?.readable),
  };
  const server = opened.adopt(await serve({ ...config.http, metrics, health }), (one) => one.close());
  options.listening?.(server.port);
  const failed = new AbortController();
  const rulesLooks = setInterval(() => void lookAtRules(options), rulesMilliseconds);
  opened.defer(() => clearInterval(rulesLooks));
  const lags = setInterval(() => void metrics.lookAtLags().catch(() => undefined), lagMilliseconds);
  const both = AbortSignal.any([signal, failed.signal]);
  setMaxListeners(0, both, failed.signal);
  const following = directories.follow(both);
  let watchingPolicy: Promise<void> | undefined;
  let watchingDrift: Promise<void> | undefined;
  try {
    // Not `signal`: after SIGTERM what is stored may still be delivered, should Elasticsearch come back in time.
    const streamsReady = prepareStreams(client, {
      ...config.elasticsearch,
      signal: failed.signal,
      onWarning: (warning) => logger.warn(warning),
      onFailure: (error, milliseconds) => {
        for (const { name } of config.sources)
          metrics.meter(name).retried(causeOf(error), error.message, options.now());
        logger.warn(
          { error },
          `Elasticsearch is not ready; reading and sealing go on, next try in ${Math.round(milliseconds)} ms; if it goes on, look at the error and at Elasticsearch`,
        );
      },
    });
    streamsReady.catch(() => undefined);
    const policy = new PolicyInForce({
      file: config.policyFile,
      used: { parsed: options.policy.parsed, text: named(options.policy.text) },
      metrics,
      logger,
      watch: options.watch ?? true,
    });
    watchingPolicy = policy.watch(both);
    const drift = openDrift({ config, metrics, logger, now: options.now });
    watchingDrift = drift?.run(both);
    const shared = {
      config,
      policy,
      redactor: options.redactor,
      pseudonymizer: options.pseudonymizer,
      rules: options.rules,
      notifier,
      people: directories.all.length === 0 ? undefined : directories,
      drift,
      configText: named(configText(config)),
      store,
      committer,
      room,
      client,
      lookup,
      witnesses,
      tsa,
      streamsReady,
      metrics,
      logger,
      agent: options.agent,
      now: options.now,
      failpoint: options.failpoint,
      watch: options.watch,
    };
    notifier?.start();
    await runFlows(
      shared,
      both,
      () => failed.abort(),
      (source) => beats.set(source, performance.now()),
    );
  } finally {
    failed.abort();
    clearInterval(lags);
    await following;
    await watchingPolicy;
    await notifier?.stop();
    await watchingDrift;
    await committer.flush().catch(() => undefined);
  }
}

/** Rules that cannot be used change nothing. */
async function lookAtRules({ rules, logger, config: { detection } }: AgentOptions): Promise<void> {
  if (detection.rulesFile === undefined) return;
  const about = { 'file.path': detection.rulesFile };
  try {
    if (await rules?.refresh()) logger.info(about, 'the rules of detection have changed, and are in force');
  } catch (error) {
    logger.error({ ...about, error }, 'the file of rules cannot be used; the rules before stay in force');
  }
}

/** That a server of people is away is no reason to stop: events go on, with the people of before. */
function noteRefresh(
  directory: Directory,
  refreshed: Refreshed,
  { metrics, logger }: { metrics: Metrics; logger: Logger },
): void {
  const about = { 'auditseal.directory': directory.name };
  const result = refreshed.outcome === 'failed' ? 'failure' : 'success';
  metrics.directoryRefreshes.inc({ directory: directory.name, result });
  if (refreshed.outcome === 'failed')
    logger.warn(
      { ...about, error: refreshed.error },
      `the directory cannot be read; ${directory.size} people of ${directory.readAt?.toISOString() ?? 'no time'} stay known, and it is tried again`,
    );
  else if (refreshed.outcome === 'changed')
    logger.info(about, `the directory has ${refreshed.people} people`);
}

/** What `status` shows beside the state goes into every transaction: it costs no write of its own. */
function observations(metrics: Metrics, now: Date): { source: string; text: string }[] {
  return [...metrics.meters].map(([source, meter]) => ({ source, text: meter.observation(now) }));
}
