import { once } from 'node:events';
import type { Config } from '../config/index.ts';
import { LongLineParts } from '../event/index.ts';
import type { Logger, Metrics } from '../observe/index.ts';
import { parsePipelineState, Pipeline } from './pipeline.ts';
import type { Policy } from '../policy/index.ts';
import { Log, logName, parseMoments, startEpoch, type EpochReason, type EpochStart } from '../seal/index.ts';
import { Sealer, type NamedText } from './sealer.ts';
import { announceStart, Quarantine, Shipper, type Lookup } from '../ship/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { readable } from './readable.ts';
import { parseTailState, Source } from '../source/index.ts';
import type { Spool } from './room.ts';
import type { Committer, Loaded, StartState, Store } from '../store/index.ts';

export interface TailedSourceParts {
  name: string;
  path: string;
  config: Config;
  policy: Policy;
  policyText: NamedText;
  configText: NamedText;
  store: Store;
  committer: Committer;
  spool: Spool;
  client: ElasticsearchClient;
  lookup: Lookup | undefined;
  /** Resolves when the streams are there to be written to. */
  streamsReady: Promise<void>;
  metrics: Metrics;
  logger: Logger;
  agent: { name: string; version: string };
  now: () => Date;
  failpoint: (name: string) => void;
  beat: () => void;
  /** Whether a file system watcher may wake the reader before its poll; default true. */
  watch?: boolean;
}

/** From state to shipped batches: everything that one source of the configuration has of its own. */
export async function runTailedSource(parts: TailedSourceParts, signal: AbortSignal): Promise<void> {
  let reason: EpochReason = parts.store.corrupt === undefined ? 'first' : 'state lost';
  while ((await runOnce(parts, reason, signal)) === 'rolled back') {
    const { store, logger, name } = parts;
    logger.error(
      { 'auditseal.source': name },
      'the state folder was rolled back (a restored snapshot?): its log has been continued by another life; a new epoch begins',
    );
    await store.rollBack(name);
    reason = 'rolled back';
  }
}

/** Ends when `signal` aborts and what was read is sealed, and shipped as far as `shutdownSeconds` allow. */
async function runOnce(
  parts: TailedSourceParts,
  reason: EpochReason,
  signal: AbortSignal,
): Promise<'stopped' | 'rolled back'> {
  const { store, committer, config, logger, name, client, lookup, now } = parts;
  const loaded = await store.load(name);
  const opened = openLog(parts, loaded, reason);
  const { startCounter, startState } = loaded.source;
  const start =
    startState === 'answered'
      ? { counter: startCounter + 1, maybeSent: false }
      : { counter: startCounter, maybeSent: true };
  const mark = async (counter: number, state: StartState) => {
    if (state === 'answered') parts.failpoint('marker sent');
    await committer.commit({ starts: [{ source: name, counter, state }] });
  };
  await committer.commit({
    epochs: opened.added ? [{ ...opened.added, source: name }] : [],
    starts: [{ source: name, counter: start.counter, state: 'attempted' }],
  });
  parts.failpoint('start attempted');
  const { origin, key, size } = opened.log;
  logger.info(
    { 'auditseal.origin': origin, 'auditseal.vkey': key.verifier.text, 'auditseal.size': size },
    'log open',
  );

  const { pipeline, shipper, source } = assemble(parts, loaded, opened);
  const reading = new AbortController();
  const shipping = new AbortController();
  const stop = () => reading.abort();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  let deadline: NodeJS.Timeout | undefined;

  const read = async () => {
    await pipeline.run(reading.signal);
    shipper.finish();
    deadline = setTimeout(() => shipping.abort(), config.shutdownSeconds * 1000);
  };
  const ship = async () => {
    await Promise.race([parts.streamsReady, once(shipping.signal, 'abort')]);
    const { namespace } = config.elasticsearch;
    const seen = loaded.earlier.seen.records;
    const announcing = { client, lookup, seen, namespace, key, now, mark };
    const outcome = await announceStart(announcing, start, shipper.retryOptions(shipping.signal));
    parts.failpoint('start answered');
    if (outcome === 'rolled back') reading.abort();
    else await shipper.run(shipping.signal);
    return outcome === 'rolled back' ? outcome : 'stopped';
  };
  const shipped = ship().catch((error: unknown) => {
    if (shipping.signal.aborted) return 'stopped' as const;
    throw error;
  });
  const done = read();
  try {
    return (await Promise.all([shipped, done]))[0];
  } finally {
    reading.abort();
    shipping.abort();
    await Promise.allSettled([shipped, done]);
    clearTimeout(deadline);
    signal.removeEventListener('abort', stop);
    await source.close();
  }
}

interface OpenedLog {
  log: Log;
  madeAt: string;
  sealedAt: string | null;
  /** The epoch to make durable, if it is new. */
  added: EpochStart | undefined;
  /** How the epoch began, if nothing has been sealed in it. */
  epochStart: Pick<EpochStart, 'reason' | 'previous'> | undefined;
}

/** Continues the epoch of the state, or begins one. */
function openLog(
  { config, name, now }: TailedSourceParts,
  { epoch, newestOrigin }: Loaded,
  reason: EpochReason,
): OpenedLog {
  const named = { cluster: config.cluster, node: config.node, source: name };
  // Another name in the configuration is another log; the old one is not continued under it.
  if (epoch?.privateKey && logName(epoch.origin) === `${named.cluster}/${named.node}/${named.source}`) {
    const log = new Log({ ...epoch, privateKey: epoch.privateKey });
    const { madeAt, sealedAt } = epoch;
    return { log, madeAt, sealedAt, added: undefined, epochStart: epoch.nextBatch === 0 ? epoch : undefined };
  }
  const added = startEpoch(named, reason, now(), newestOrigin);
  const log = Log.begin(added);
  return { log, madeAt: added.madeAt, sealedAt: null, added, epochStart: added };
}

function assemble(
  parts: TailedSourceParts,
  loaded: Loaded,
  opened: OpenedLog,
): { pipeline: Pipeline; shipper: Shipper; source: Source<LongLineParts> } {
  const { name: sourceName, path, config, spool, logger, agent } = parts;
  const { secret, tail, policy, config: sealedConfig } = loaded.source;
  const { entryBytesMax, pollMilliseconds, elasticsearch } = config;
  const state = parsePipelineState(tail, parseTailState);
  const source = new Source<LongLineParts>({
    path,
    lineBytesMax: entryBytesMax,
    pollMilliseconds,
    watch: parts.watch ?? true,
    ...(state.reader && { state: state.reader }),
    longLine: () =>
      new LongLineParts({ eventBytesMax: entryBytesMax, textBytesMax: Math.floor(entryBytesMax / 4) }),
    tell: (level, message, details) =>
      logger[level]({ 'auditseal.source': sourceName, 'auditseal.details': details }, message),
    readable: (obstacle) => readable(parts, obstacle),
  });
  const meter = parts.metrics.meter(sourceName);
  const { origin, nextBatch: batch, size } = opened.log;
  meter.load(loaded.totals, { origin, batch, size });
  parts.metrics.watchLag(sourceName, () => source.lagBytes());
  const shipper: Shipper = new Shipper({
    ...parts,
    sourceName,
    meter,
    namespace: elasticsearch.namespace,
    earlier: loaded.earlier,
    quarantine: new Quarantine(config.stateDir, sourceName),
    onRefusal: (refusal) => sealer.noticeRefusal(refusal),
    onAcknowledged: ({ newest, moments }) =>
      meter.acknowledged({ newest, moments: parseMoments(moments) }, parts.now()),
    onCopies: (copies) => sealer.noticeCopies(copies),
  });
  const sealer = new Sealer({
    ...parts,
    ...opened,
    sourceName,
    secret,
    policy: parts.policyText,
    effectiveConfig: parts.configText,
    sealedUnder: { policy, config: sealedConfig },
    unnoticed: loaded.unnoticed,
    unnoticedCopies: loaded.unnoticedCopies,
    stored: (manifest, bytes) => {
      meter.sealed(manifest, bytes);
      shipper.notify();
    },
  });
  const pausedBy = () =>
    parts.committer.isDiskFull ? 'disk' : spool.pausedBy(meter, sealer.uncommittedBytes);
  const pipeline = new Pipeline({
    ...parts,
    sourceName,
    meter,
    secret,
    source,
    sealer,
    state,
    agentVersion: agent.version,
    pausedBy,
  });
  return { pipeline, shipper, source };
}
