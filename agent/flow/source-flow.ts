import { once } from 'node:events';
import type { Config } from '../config/index.ts';
import type { Drift } from '../drift/index.ts';
import { Detector, parseWindows } from '../detect/index.ts';
import type { RuleProblem, RulesInForce } from '../detect/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { LongLineParts } from '../event/index.ts';
import type { People } from '../identity/index.ts';
import type { LineFormat } from '../event/index.ts';
import type { Logger, Metrics } from '../observe/index.ts';
import type { Notifier } from '../notify/index.ts';
import type { Pseudonymizer } from '../pseudonym/index.ts';
import type { Redactor } from '../redact/index.ts';
import { Log, logName, parseMoments, startEpoch } from '../seal/index.ts';
import type { EpochReason, EpochStart } from '../seal/index.ts';
import { announceStart, Quarantine, Shipper } from '../ship/index.ts';
import type { Lookup } from '../ship/index.ts';
import { Source } from '../source/index.ts';
import type { Committer, Loaded, StartState, Store } from '../store/index.ts';
import { Durable } from './durable.ts';
import { Notices } from './notices.ts';
import type { NamedText } from './named-text.ts';
import { Pipeline } from './pipeline.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import { readable } from './readable.ts';
import type { Room } from './room.ts';
import { Sealer } from './sealer.ts';
import { ruleWarning } from './warnings.ts';
import { parsePipelineState } from './state.ts';
import { Cosigning, Stamping } from '../witness/index.ts';
import type { Connection, Witness } from '../witness/index.ts';

/** What the flows of all sources share. */
export interface SharedParts {
  config: Config;
  policy: PolicyInForce;
  redactor: Redactor | undefined;
  pseudonymizer: Pseudonymizer | undefined;
  /** The rules of detection; undefined where it is switched off. */
  rules: RulesInForce | undefined;
  /** Tells endpoints; undefined where there is none. */
  notifier: Notifier | undefined;
  /** Those whom directories know; undefined without a directory. */
  people: People | undefined;
  /** Looks at what decides what gets logged; undefined where that is switched off. */
  drift: Drift | undefined;
  configText: NamedText;
  store: Store;
  committer: Committer;
  room: Room;
  client: ElasticsearchClient;
  lookup: Lookup | undefined;
  witnesses: readonly Witness[];
  /** The time-stamping authority, where there is one. */
  tsa: Connection | undefined;
  /** Resolves when the streams are there to be written to. */
  streamsReady: Promise<void>;
  metrics: Metrics;
  logger: Logger;
  agent: { name: string; version: string };
  now: () => Date;
  failpoint: (name: string) => void;
  /** Whether a file system watcher may wake the reader before its poll; default true. */
  watch?: boolean | undefined;
}

export interface SourceFlowParts {
  /** The source's name and path in the configuration. */
  name: string;
  path: string;
  /** What is around each line. */
  format: LineFormat;
  shared: SharedParts;
  /** Called each time the reading loop comes round. */
  onBeat: () => void;
}

/** From audit.log to shipped batches: everything that one source of the configuration has of its own. */
export async function runSourceFlow(parts: SourceFlowParts, signal: AbortSignal): Promise<void> {
  const { store, logger } = parts.shared;
  let reason: EpochReason = store.corrupt === undefined ? 'first' : 'state lost';
  while ((await runOnce(parts, reason, signal)) === 'rolled back') {
    logger.error(
      { 'auditseal.source': parts.name },
      'the state folder is older than the log that Elasticsearch has: a snapshot was restored, or two agents share a name; a new epoch begins, which verify reports until the key is trusted; find out who touched the node',
    );
    await store.rollBack(parts.name);
    reason = 'rolled back';
  }
}

/** Ends when `signal` aborts and what was read is sealed, and shipped as far as `shutdownSeconds` allow. */
async function runOnce(
  parts: SourceFlowParts,
  reason: EpochReason,
  signal: AbortSignal,
): Promise<'stopped' | 'rolled back'> {
  const { store, committer, config, logger, client, lookup, now, failpoint, streamsReady } = parts.shared;
  const loaded = await store.load(parts.name);
  const opened = openLog(parts, loaded, reason);
  const start = startOf(loaded);
  const mark = async (counter: number, state: StartState) => {
    if (state === 'answered') failpoint('marker sent');
    await committer.commit({ starts: [{ source: parts.name, counter, state }] });
  };
  await committer.commit({
    epochs: opened.added ? [{ ...opened.added, source: parts.name }] : [],
    starts: [{ source: parts.name, counter: start.counter, state: 'attempted' }],
  });
  failpoint('start attempted');
  const { origin, key, size } = opened.log;
  logger.info(
    { 'auditseal.origin': origin, 'auditseal.vkey': key.verifier.text, 'auditseal.size': size },
    'log open',
  );

  const { pipeline, shipper, source, cosigning, stamping } = await assemble(parts, loaded, opened);
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
    await Promise.race([streamsReady, once(shipping.signal, 'abort')]);
    const { namespace } = config.elasticsearch;
    const seen = loaded.earlier.seen.records;
    const announcing = { client, lookup, seen, namespace, key, now, mark };
    const outcome = await announceStart(announcing, start, shipper.retryOptions(shipping.signal));
    failpoint('start answered');
    if (outcome === 'rolled back') reading.abort();
    else await shipper.run(shipping.signal);
    return outcome === 'rolled back' ? outcome : 'stopped';
  };
  const shipped = ship().catch((error: unknown) => {
    if (shipping.signal.aborted) return 'stopped' as const;
    throw error;
  });
  const done = read();
  const asking = new AbortController();
  const cosigned = Promise.all([cosigning?.run(asking.signal), stamping?.run(asking.signal)]);
  // What fails there is no reason to stop.
  cosigned.catch((error: unknown) =>
    logger.error({ error }, 'witnesses are asked nothing more: report this'),
  );
  try {
    return (await Promise.all([shipped, done]))[0];
  } finally {
    reading.abort();
    shipping.abort();
    asking.abort();
    await Promise.allSettled([shipped, done, cosigned]);
    clearTimeout(deadline);
    signal.removeEventListener('abort', stop);
    await source.close();
  }
}

/** Which start marker comes next. After an attempt without an answer the same one may be there already. */
function startOf({ source }: Loaded): { counter: number; maybeSent: boolean } {
  return source.startState === 'answered'
    ? { counter: source.startCounter + 1, maybeSent: false }
    : { counter: source.startCounter, maybeSent: true };
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
  { name, shared: { config, now } }: SourceFlowParts,
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

/** Puts the parts together; who hears of a durable batch is said here, and nowhere else. */
async function assemble(
  parts: SourceFlowParts,
  loaded: Loaded,
  opened: OpenedLog,
): Promise<{
  pipeline: Pipeline;
  shipper: Shipper;
  source: Source<LongLineParts>;
  cosigning: Cosigning | undefined;
  stamping: Stamping | undefined;
}> {
  const { name: sourceName, onBeat, shared } = parts;
  const { config, configText, metrics, committer, room } = shared;
  const { logger, agent, now, failpoint } = shared;
  const { secret } = loaded.source;
  const { namespace, retentionDays } = config.elasticsearch;
  const { entryBytesMax, batchBytesMax, batchEventsMax } = config;

  const policy = shared.policy.follow();
  const state = parsePipelineState(loaded.source.tail, sourceName);
  const source = openSource(parts, state.reader);
  const meter = metrics.meter(sourceName);
  const { origin, nextBatch: batch, size } = opened.log;
  meter.load(loaded.totals, { origin, batch, size });
  metrics.watchLag(sourceName, () => source.lagBytes());
  const signs = shared.drift?.signsOf(sourceName);
  meter.levels = signs && (() => signs.levelCounts());
  meter.stages = signs && (() => signs.stageCounts());

  const notices = new Notices({
    policy: policy.used.text,
    config: configText,
    sealedUnder: loaded.source,
    epochStart: opened.epochStart,
    sealedAt: opened.sealedAt,
    refusals: loaded.unannounced,
    copies: loaded.unannouncedCopies,
    now,
  });
  const cosigning = openCosigning(parts, loaded);
  const stamping = openStamping(parts, loaded);
  const durable = new Durable({ batchBytesMax, batchEventsMax, committer, failpoint });
  const shipper = new Shipper({
    sourceName,
    client: shared.client,
    lookup: shared.lookup,
    namespace,
    store: shared.store,
    committer,
    meter,
    logger,
    now,
    failpoint,
    earlier: loaded.earlier,
    quarantine: new Quarantine(config.stateDir, sourceName),
    onRefusal: (refusal) => notices.addRefusals([refusal]),
    onCopies: (copies) => notices.addCopies(copies),
    onAcknowledged: ({ newest, moments }) =>
      meter.acknowledged({ newest, moments: parseMoments(moments) }, now()),
    withAcknowledged: cosigning && (async (shipped) => await cosigning.take(shipped)),
    onKnownAcknowledged: (shipped) => {
      cosigning?.notify();
      stamping?.take(shipped);
    },
  });
  durable.subscribe(({ refusals }) => notices.addRefusals(refusals));
  durable.subscribe(({ manifest, bytes }) => meter.sealed(manifest, bytes));
  durable.subscribe(() => shipper.notify());
  durable.subscribe(({ notifications }) => shared.notifier?.add(notifications));
  shared.notifier?.sealBy(sourceName, (notice) => notices.add(notice));
  const alerts = shared.notifier?.alertsOf(sourceName);

  const sealer = new Sealer({
    sourceName,
    secret,
    limits: config,
    namespace,
    retentionDays,
    policy: policy.used.text,
    config: configText,
    log: opened.log,
    madeAt: opened.madeAt,
    notices,
    alerts,
    durable,
    agent,
    now,
    failpoint,
  });
  const onProblem = (problem: RuleProblem) => {
    notices.add({ kind: 'detect', at: now().toISOString(), ...problem });
    logger.warn({ 'auditseal.source': sourceName, 'rule.id': problem.rule }, ruleWarning(problem));
  };
  const detector =
    shared.rules &&
    new Detector({
      ruleSet: shared.rules.current,
      ownNamespace: config.detection.ownNamespace,
      windows: parseWindows(state.detect?.windows),
      onProblem,
    });
  const pipeline = new Pipeline({
    sourceName,
    context: {
      cluster: config.cluster,
      node: config.node,
      namespace,
      agentVersion: agent.version,
      personPlaces: config.identity.places,
    },
    policy,
    redactor: shared.redactor,
    pseudonymizer: shared.pseudonymizer,
    people: shared.people,
    detector,
    rules: () => shared.rules?.current,
    entryBytesMax,
    format: parts.format,
    requestReceived: config.requestReceived,
    secret,
    source,
    sealer,
    notices,
    alerts,
    durable,
    committer,
    batch: await sealer.open(),
    state,
    signs,
    // One log says it: of a node it is the same for all.
    drift: sourceName === config.sources[0]?.name ? shared.drift?.follow(state.drift) : undefined,
    meter,
    logger,
    now,
    failpoint,
    pausedBy: () => (committer.isDiskFull ? 'disk' : room.pausedBy(meter, durable.uncommittedBytes)),
    onBeat,
  });
  return { pipeline, shipper, source, cosigning, stamping };
}

/** Undefined where there are no witnesses. */
function openCosigning(
  { name, shared }: SourceFlowParts,
  { cosigning: rows }: Loaded,
): Cosigning | undefined {
  const { witnesses, config, client, lookup, metrics, committer, logger, now } = shared;
  if (witnesses.length === 0) return undefined;
  return new Cosigning({
    sourceName: name,
    witnesses,
    quorum: config.quorum ?? witnesses.length,
    everySeconds: config.witnessSeconds,
    client,
    reader: lookup?.client,
    namespace: config.elasticsearch.namespace,
    committer,
    meter: metrics.meter(name),
    logger,
    now,
    rows,
  });
}

/** Undefined where nothing is time-stamped. */
function openStamping({ name, shared }: SourceFlowParts, { cosigning: rows }: Loaded): Stamping | undefined {
  const { tsa, config, client, metrics, committer, logger, now } = shared;
  if (!tsa) return undefined;
  return new Stamping({
    sourceName: name,
    tsa,
    everySeconds: config.timeStamps.intervalSeconds,
    client,
    namespace: config.elasticsearch.namespace,
    committer,
    meter: metrics.meter(name),
    logger,
    now,
    rows,
  });
}

function openSource(
  { name, path, shared: { config, logger, watch, metrics, committer, now } }: SourceFlowParts,
  state: ReturnType<typeof parsePipelineState>['reader'],
): Source<LongLineParts> {
  const { entryBytesMax, pollMilliseconds } = config;
  return new Source<LongLineParts>({
    path,
    lineBytesMax: entryBytesMax,
    pollMilliseconds,
    watch: watch ?? true,
    ...(state && { state }),
    longLine: () =>
      new LongLineParts({ eventBytesMax: entryBytesMax, textBytesMax: Math.floor(entryBytesMax / 4) }),
    onMessage: (level, message, details) =>
      logger[level]({ 'auditseal.source': name, 'auditseal.details': details }, message),
    onReadable: (obstacle) => readable({ name, metrics, committer, now }, obstacle),
  });
}
