import { setMaxListeners } from 'node:events';
import { configText, type Config } from './config/index.ts';
import { Metrics, serve, type Logger } from './observe/index.ts';
import type { Policy } from './policy/index.ts';
import { sha256 } from './seal/index.ts';
import type { NamedText } from './sealer.ts';
import {
  checkStreams,
  checkTemplates,
  createClient,
  installTemplates,
  untilDone,
  type ElasticsearchClient,
} from './ship/index.ts';
import { Spool } from './spool.ts';
import { Committer, Store } from './store/index.ts';
import { runTailedSource } from './tailed-source.ts';

/** A loop that has not come round for so long is stuck: a read that hangs, or a store that does not answer. */
const aliveMilliseconds = 120_000;

export interface AgentOptions {
  config: Config;
  policy: { text: string; parsed: Policy };
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
 * Rejects when it cannot begin (StoreError `locked` or `newer`, ShipError `settings` or `foreign-stream`) or the state
 * cannot be written; an Elasticsearch that is away is no reason.
 */
export async function runAgent(options: AgentOptions, signal: AbortSignal): Promise<void> {
  const { config, logger } = options;
  const client = await createClient(config.elasticsearch);
  const store = await Store.open(config.stateDir);
  if (store.corrupt !== undefined) {
    logger.error(
      { 'file.path': store.corrupt },
      'the state could not be read and was put aside: a new epoch begins, reading again what the files still hold',
    );
  }
  const metrics = new Metrics();
  const diskFull = (error: Error) =>
    logger.error({ error }, 'the state cannot be written; nothing is lost, it is tried again');
  const committer = new Committer(store, {
    commitsPerSecondMax: config.commitsPerSecondMax,
    retrying: diskFull,
    committed: () => metrics.commits.inc(),
  });
  const beats = new Map<string, number>();
  const health = {
    isAlive: () => [...beats.values()].every((at) => performance.now() - at < aliveMilliseconds),
    isReady: () => beats.size === config.sources.length,
  };
  const server = await serve({ ...config.http, metrics, health });
  options.listening?.(server.port);
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  setMaxListeners(0, both, failed.signal);
  try {
    const spool = await openSpool(config, store, metrics);
    // Not `signal`: after SIGTERM what is stored may still be delivered, should Elasticsearch come back in time.
    const streamsReady = prepareStreams(client, config, logger, failed.signal);
    streamsReady.catch(() => undefined);
    const shared = { ...options, store, committer, spool, client, streamsReady, metrics };
    const texts = {
      policyText: named(options.policy.text),
      configText: named(configText(config)),
      policy: options.policy.parsed,
    };
    const running = config.sources.map(({ name, path }) =>
      runTailedSource(
        { ...shared, ...texts, name, path, beat: () => beats.set(name, performance.now()) },
        both,
      ),
    );
    // One source's failure to store is everybody's: they share the state. The others still seal what they have read.
    await Promise.all(
      running.map((run) => run.catch((error: unknown) => (failed.abort(), Promise.reject(error)))),
    );
  } finally {
    failed.abort();
    await committer.flush().catch(() => undefined);
    await server.close();
    await store.close();
    await client.close();
  }
}

async function openSpool(config: Config, store: Store, metrics: Metrics): Promise<Spool> {
  const spool = new Spool({ ...config, sources: config.sources.map(({ name }) => name), metrics });
  for (const { source, bytes } of (await store.statistics()).sources) spool.set(source, bytes);
  return spool;
}

/** Templates before the first document: without them Elasticsearch would map what clients send as it likes. */
async function prepareStreams(
  client: ElasticsearchClient,
  config: Config,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, retentionDays, installTemplates: install } = config.elasticsearch;
  const attempt = async () => {
    const warnings: string[] = [];
    if (install) {
      const result = await installTemplates(client, { namespace, retentionDays, signal });
      warnings.push(...(result.installed ? result.warnings : [result.why]));
    }
    warnings.push(...(await checkTemplates(client, { namespace, signal })).warnings);
    warnings.push(...(await checkStreams(client, { namespace, signal })).warnings);
    for (const warning of warnings) logger.warn(warning);
  };
  await untilDone(attempt, {
    signal,
    failed: (error, milliseconds) =>
      logger.warn(
        { error },
        `Elasticsearch is not ready; reading and sealing go on, next try in ${Math.round(milliseconds)} ms`,
      ),
    shouldRetry: (error) => !('code' in error && error.code === 'foreign-stream'),
  });
}

function named(text: string): NamedText {
  return { text, sha256: `sha256:${sha256(text).toString('hex')}` };
}
