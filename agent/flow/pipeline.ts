import type { DocumentContext, Shaped } from '../document/index.ts';
import type { Detector, Rule, RuleSet } from '../detect/index.ts';
import {
  eventsInList,
  parseEvent,
  parseKindless,
  repairEvent,
  splitGlued,
  unwrap,
  whyNoEvent,
} from '../event/index.ts';
import type { LineFormat, LongLineParts, Wrapped } from '../event/index.ts';
import type { FollowedDrift, LogSigns } from '../drift/index.ts';
import { ecsVersion } from '../observe/index.ts';
import type { Logger, SourceMeter } from '../observe/index.ts';
import { managedFieldsName, requestReceivedName } from '../policy/index.ts';
import type { SourceAlerts } from '../notify/index.ts';
import type { Pseudonymizer } from '../pseudonym/index.ts';
import type { Redactor } from '../redact/index.ts';
import type { People } from '../identity/index.ts';
import { lineKey, macOf, sha256 } from '../seal/index.ts';
import type { Gap, Log } from '../seal/index.ts';
import type { Chunk, GapChunk, LinesChunk, LongChunk, Source } from '../source/index.ts';
import type { Committer } from '../store/index.ts';
import type { Batch } from './batch.ts';
import { gapWarning, pauseWarning } from './warnings.ts';
import type { Notices } from './notices.ts';
import { OpenLines } from './open-lines.ts';
import type { Durable } from './durable.ts';
import type { FollowedPolicy, PolicyChange, UsedPolicy } from './policy-in-force.ts';
import type { Sealer } from './sealer.ts';
import type { PipelineState } from './state.ts';
import { enriched, prepareEvent, shapePrepared, treatText } from './treat.ts';
import { Withheld } from './withheld.ts';
import type { WithheldEvent, WithheldLimits } from './withheld.ts';
import type {
  Counts,
  EventLine,
  EventPlace,
  KeptEvent,
  KnownRefusal,
  PreparedEvent,
  TextLine,
  Treatment,
} from './treat.ts';

const newline = 0x0a;

/** An urgent batch is sealed so long before its transaction may begin: time to compress it. */
const commitLeadMilliseconds = 50;

export interface PipelineParts {
  sourceName: string;
  /** What the documents of any epoch of this source have in common. */
  context: Omit<DocumentContext, 'origin' | 'logId' | 'ecsVersion'>;
  policy: FollowedPolicy;
  redactor: Redactor | undefined;
  pseudonymizer: Pseudonymizer | undefined;
  people: People | undefined;
  /** Asks the rules of detection; undefined where it is switched off. */
  detector: Detector | undefined;
  /** The rules in force now. */
  rules: () => RuleSet | undefined;
  /** The most bytes of a document. */
  entryBytesMax: number;
  /** What is around each line of the source. */
  format: LineFormat;
  requestReceived: WithheldLimits;
  /** The key of every mac. */
  secret: Uint8Array;
  source: Source<LongLineParts>;
  sealer: Sealer;
  notices: Notices;
  /** What endpoints are to be told of; undefined where there is none. */
  alerts: SourceAlerts | undefined;
  durable: Durable;
  committer: Pick<Committer, 'begun' | 'dueInMilliseconds'>;
  /** The sealer's first, open. */
  batch: Batch;
  /** From where the state says that reading goes on. */
  state: PipelineState;
  /** Counts events for drift; undefined where that is switched off. */
  signs: LogSigns | undefined;
  /** What the log says of drift, if it is this one's to say. */
  drift: FollowedDrift | undefined;
  meter: SourceMeter;
  logger: Logger;
  now: () => Date;
  failpoint: (name: string) => void;
  /** Why reading has to wait, if it has to: the spool or the disk is full. */
  pausedBy: () => 'spool' | 'disk' | undefined;
  /** Called each time the loop comes round: what /healthz asks. */
  onBeat: () => void;
}

/** Where a line lies. */
type Spot = Pick<EventPlace, 'path' | 'offset' | 'recovered' | 'cut'>;

/**
 * One source's lines on their way: read → treat → seal. What is sealed is compressed, stored and shipped while reading
 * goes on, so that an outage of Elasticsearch stops nothing here before the spool is full.
 */
export class Pipeline {
  readonly #parts: PipelineParts;
  #batch: Batch;
  #treatment: Treatment;
  /** The reader's state after what was taken into the open batch. */
  #reader: PipelineState['reader'];
  #newest: string | null;
  /** Gaps before the stretch that comes next. */
  #gaps: Gap[] = [];
  /** Gaps whose first event after them has not come. */
  #openGaps: Gap[] = [];
  #readAt = new Date(0);
  #paused: 'spool' | 'disk' | undefined;
  #policy: UsedPolicy;
  #rules: RuleSet | undefined;
  /** The digest of the rules that the manifests know. */
  #rulesNoted: string | undefined;
  readonly #withheld: Withheld;
  /** How many transactions were begun when something urgent was sealed last. */
  #urgentBefore: number | undefined;
  readonly #openLines: OpenLines;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#policy = parts.policy.used;
    this.#batch = parts.batch;
    this.#treatment = this.#treatmentFor(parts.batch.log);
    this.#reader = parts.state.reader;
    this.#newest = parts.state.newest;
    this.#rulesNoted = parts.state.detect?.rules;
    this.#followRules();
    this.#withheld = new Withheld(parts.requestReceived, parts.state.withheld);
    this.#openLines = new OpenLines(parts.entryBytesMax, parts.state.openLines);
  }

  /** Runs until `signal` aborts; then what was read is sealed and stored. Throws what the store fails with. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, notices, durable, policy, drift, onBeat, now } = this.#parts;
    while (!signal.aborted) {
      onBeat();
      for (const change of policy.changes()) await this.#changePolicy(change);
      for (const notice of drift?.notices() ?? []) notices.add(notice);
      const chunk = this.#hasRoom() ? await source.read() : await source.reserve(this.#paused === 'disk');
      if (chunk) await this.#take(chunk);
      for (const event of this.#withheld.due(now().getTime())) await this.#recover(event);
      if (this.#batch.isFull || this.#batch.isDue() || this.#isAwaited()) await this.#seal();
      if (!chunk) await source.wait(this.#untilCommit(signal));
    }
    policy.end();
    for (const notice of drift?.notices() ?? []) notices.add(notice);
    notices.add({ kind: 'stop', at: now().toISOString() });
    await this.#seal();
    await durable.drain();
    this.#parts.failpoint('stop durable');
  }

  /** Something urgent waits, and the next transaction is about to begin. Of a flood of such events each takes all that have come, once. */
  #isAwaited(): boolean {
    const { begun, dueInMilliseconds } = this.#parts.committer;
    if (!this.#isUrgent || begun === this.#urgentBefore || dueInMilliseconds > commitLeadMilliseconds)
      return false;
    this.#urgentBefore = begun;
    return true;
  }

  get #isUrgent(): boolean {
    return this.#batch.isUrgent || this.#parts.notices.isUrgent;
  }

  /** Nothing new in the log, and something urgent waits: not longer than until the next transaction. */
  #untilCommit(signal: AbortSignal): AbortSignal {
    if (!this.#isUrgent) return signal;
    const milliseconds = this.#parts.committer.dueInMilliseconds - commitLeadMilliseconds;
    const wake = AbortSignal.timeout(Math.ceil(Math.max(commitLeadMilliseconds, milliseconds)));
    return AbortSignal.any([signal, wake]);
  }

  // read: a chunk's bytes go into the batch's tally, its lines onward

  async #take(chunk: Chunk<LongLineParts>): Promise<void> {
    this.#parts.failpoint('read');
    this.#followRules();
    this.#readAt = this.#parts.now();
    this.#parts.signs?.begin(this.#readAt);
    if (chunk.kind === 'gap') return this.#noteGap(chunk);
    this.#batch.tally.gaps.push(...this.#gaps.splice(0));
    if (chunk.kind === 'lines') return await this.#takeLines(chunk);
    if (chunk.kind === 'long') this.#takeLongLine(chunk);
    else this.#batch.tally.addEnd(chunk.path, chunk.file, chunk.offset);
    this.#reader = this.#parts.source.stateAt(chunk.kind === 'long' ? chunk.end : chunk.offset);
  }

  async #takeLines(chunk: LinesChunk): Promise<void> {
    const { path, file, after, bytes } = chunk;
    let from = 0;
    let lines = 0;
    for (let at = 0; at < bytes.length;) {
      const found = bytes.indexOf(newline, at);
      const end = found < 0 ? bytes.length : found;
      this.#line(bytes.subarray(at, end), file, { path, offset: chunk.start + at }, found >= 0);
      at = found < 0 ? end : end + 1;
      lines += 1;
      if (!this.#batch.isFull && at < bytes.length) continue;
      const run = { path, file, after, start: chunk.start + from, end: chunk.start + at };
      this.#batch.tally.addRun(run, bytes.subarray(from, at), lines);
      this.#reader = this.#parts.source.stateAt(run.end);
      if (this.#batch.isFull) await this.#seal();
      from = at;
      lines = 0;
    }
  }

  /**
   * `isEnded`: its newline is there. The apiserver writes event and newline at once, so a piece at a file's end is torn, and
   * may be torn right behind what a client made look like an event: it is not split.
   */
  #line(line: Buffer, file: string, spot: Spot, isEnded: boolean): void {
    const mac = () => this.#lineMac(file, spot.offset, sha256(line));
    const event = parseEvent(line);
    if (event) return this.#event({ event, bytes: line, mac }, spot, file);
    const wrapped = unwrap(line, this.#parts.format);
    if (wrapped !== undefined && this.#wrappedLine(wrapped, spot, { file, mac })) return;
    if (this.#shapedOtherwise(line, spot, mac)) return;
    const pieces = (isEnded ? splitGlued(line) : undefined) ?? [line];
    this.#batch.tally.pieces += pieces.length - 1;
    for (const bytes of pieces) {
      const pieceSpot = pieces.length > 1 ? { ...spot, recovered: true } : spot;
      const whole = pieces.length > 1 ? parseEvent(bytes) : undefined;
      const repaired = whole ? undefined : repairEvent(bytes);
      if (whole) this.#event({ event: whole, bytes, mac }, pieceSpot);
      else if (repaired) {
        const cut = { bytes: line.length, mac: mac(), fields: repaired.fields };
        this.#event({ ...repaired, mac }, { ...pieceSpot, cut });
      } else this.#text({ bytes, mac, why: whyNoEvent(bytes) }, spot);
    }
  }

  /**
   * A line inside another program's: what it holds is treated as if it stood there alone. The mac is that of the line, and of one that
   * was split that of its parts together, where the first of them lies.
   *
   * @returns false if it holds no event: then it is shown as it is
   */
  #wrappedLine(
    { content, stream, isPart }: Wrapped,
    spot: Spot,
    { file, mac }: { file: string; mac: () => string },
  ): boolean {
    const { tally } = this.#batch;
    if (isPart) {
      if (!this.#openLines.hasRoomFor(content)) this.#endOpenLine(stream, 'a line in parts that is too long');
      if (!this.#openLines.hasRoomFor(content)) return false;
      tally.joined += 1;
      this.#openLines.add(stream, content, { ...spot, file });
      return true;
    }
    const begun = this.#openLines.take(stream);
    if (begun === undefined) return this.#contentOf(content, spot, mac);
    const whole = Buffer.concat([begun.content, content]);
    const { path, offset } = begun;
    const wholeMac = () => this.#lineMac(begun.file, offset, sha256(whole));
    if (!this.#contentOf(whole, { path, offset }, wholeMac))
      this.#text({ bytes: whole, mac: wholeMac, why: whyNoEvent(whole) }, { path, offset });
    return true;
  }

  /** @returns false if it is no event */
  #contentOf(content: Buffer, spot: Spot, mac: () => string): boolean {
    const event = parseEvent(content);
    if (event) this.#event({ event, bytes: content, mac }, spot);
    else {
      const repaired = repairEvent(content);
      if (!repaired) return this.#shapedOtherwise(content, spot, mac);
      const cut = { bytes: content.length, mac: mac(), fields: repaired.fields };
      this.#event({ ...repaired, mac }, { ...spot, cut });
    }
    return true;
  }

  /** Events that do not say that they are, alone or in a list: each is marked as `recovered`. */
  #shapedOtherwise(line: Buffer, spot: Spot, mac: () => string): boolean {
    const lines = parseKindless(line) === undefined ? eventsInList(line) : [line];
    if (lines === undefined) return false;
    this.#batch.tally.pieces += lines.length - 1;
    for (const bytes of lines) {
      const event = parseEvent(bytes) ?? parseKindless(bytes);
      if (event) this.#event({ event, bytes, mac }, { ...spot, recovered: true });
    }
    return true;
  }

  /** What was read of a line whose end does not come is sealed as text, an entry beyond the lines: each of its parts counts as joined. */
  #endOpenLine(stream: string, why: string): void {
    const begun = this.#openLines.take(stream);
    if (begun === undefined) return;
    const { path, file, offset, content } = begun;
    this.#batch.tally.pieces += 1;
    this.#text(
      { bytes: content, mac: () => this.#lineMac(file, offset, sha256(content)), why },
      { path, offset },
    );
  }

  #takeLongLine({ path, file, after, start, end, line }: LongChunk<LongLineParts>): void {
    const { bytes, head, tail, digest, rawHash, cut } = line.end();
    const spot = { path, offset: start };
    const lineMac = this.#lineMac(file, start, digest);
    const mac = () => lineMac;
    const event = cut.closed && !cut.overflowed ? parseEvent(cut.output) : undefined;
    if (event) {
      const cutSpot = { ...spot, cut: { bytes, mac: lineMac, fields: cut.cut } };
      this.#event({ event, bytes: cut.output, mac }, cutSpot);
    } else
      this.#text(
        {
          bytes: { bytes, head, tail, mac: lineMac },
          mac,
          why: 'longer than entryBytesMax, and no audit event without its bodies',
        },
        spot,
      );
    if (end - start > bytes) rawHash.update('\n');
    this.#batch.tally.addLongLine({ path, file, after, start, end }, rawHash);
  }

  #noteGap({ reason, before, after, bytesMin }: GapChunk): void {
    const { logger, sourceName } = this.#parts;
    const gap: Gap = {
      reason,
      ...(before && { before }),
      ...(after && { after }),
      ...(this.#newest !== null && { from: this.#newest }),
      ...(bytesMin !== undefined && { bytesMin }),
    };
    for (const stream of this.#openLines.streams)
      this.#endOpenLine(stream, 'parts of a line whose end is missing');
    this.#gaps.push(gap);
    this.#batch.isUrgent = true;
    this.#openGaps.push(gap);
    logger.warn({ 'auditseal.gap': gap, 'auditseal.source': sourceName }, gapWarning(reason));
  }

  // treat: an event or a text becomes the document that the batch takes

  /** @param file of a line that is an event as it stands, so that it may be withheld */
  #event(line: EventLine, spot: Spot, file?: string): void {
    this.#withheld.see(line.event);
    this.#parts.signs?.see(line.event);
    const prepared = prepareEvent(line, this.#place(spot), this.#treatment);
    const { tally } = this.#batch;
    if (prepared.kind === 'dropped') return tally.count(tally.dropped, prepared.rule);
    // What detection found is a document at once.
    const mayWait = file !== undefined && prepared.fired.length === 0;
    const key = mayWait ? this.#withheld.takes(line.event, line.bytes.length) : undefined;
    if (key !== undefined && file !== undefined) return this.#withhold(key, line, file, prepared);
    if (prepared.fired.length > 0) this.#noteMatch(prepared);
    this.#addEvent(shapePrepared(prepared, line, this.#treatment));
  }

  /** Whom to tell, and how soon. */
  #noteMatch({ fired, event, place: { index, readAt } }: PreparedEvent): void {
    this.#parts.alerts?.match({ fired, event, logId: this.#batch.log.logId, index, readAt });
    if (fired.some(({ text }) => text.severity === 'high' || text.severity === 'critical'))
      this.#batch.isUrgent = true;
  }

  #addEvent(treated: KeptEvent): void {
    const { tally } = this.#batch;
    this.#countFired(treated.fired);
    if (treated.isReduced) tally.count(tally.reduced, treated.rule);
    if (treated.isWithoutManagedFields) tally.count(tally.reduced, managedFieldsName);
    this.#countRedacted(treated.redacted);
    if (treated.refusal !== undefined) this.#refuseNext(treated.refusal);
    this.#add(treated.document);
  }

  /** Dropped with the batch of its line, and kept with that in one transaction, until a later stage of the request is read. */
  #withhold(key: string, { bytes }: EventLine, file: string, prepared: PreparedEvent): void {
    const { tally } = this.#batch;
    tally.count(tally.dropped, requestReceivedName);
    const { rule, redacted, left, place } = prepared;
    this.#withheld.take({
      key,
      at: this.#readAt.getTime(),
      path: place.path,
      file,
      offset: place.offset,
      digest: sha256(bytes).toString('base64'),
      bytes: bytes.length,
      rule,
      redacted: [...redacted],
      left: Buffer.concat([...left]).toString('base64'),
    });
  }

  /** No later stage came: it is sealed as a piece, beyond the lines of this batch (docs/seal-format.md §2). */
  async #recover(withheld: WithheldEvent): Promise<void> {
    const { path, file, offset, at, bytes, rule } = withheld;
    const left = Buffer.from(withheld.left, 'base64');
    const event = parseEvent(left);
    if (event === undefined) throw new Error('a withheld event is no event any more: report this');
    const place = { ...this.#place({ path, offset, recovered: true }), readAt: new Date(at) };
    const mac = () => this.#lineMac(file, offset, Buffer.from(withheld.digest, 'base64'));
    const prepared: PreparedEvent = {
      kind: 'prepared',
      rule,
      place,
      event,
      left: [left],
      redacted: new Map(withheld.redacted),
      // Its names are no longer what the apiserver wrote where pseudonyms are wanted.
      known: this.#treatment.pseudonymizer === undefined ? enriched(event, this.#treatment) : undefined,
      isReduced: false,
      isWithoutManagedFields: false,
      fired: [],
    };
    this.#batch.tally.pieces += 1;
    this.#addEvent(shapePrepared(prepared, { bytes: { length: bytes }, mac }, this.#treatment));
    if (this.#batch.isFull) await this.#seal();
  }

  #text(line: TextLine, spot: Spot): void {
    this.#batch.tally.malformed += 1;
    const { document, redacted } = treatText(line, this.#place(spot), this.#treatment);
    this.#countRedacted(redacted);
    this.#add(document);
  }

  #countFired(fired: readonly Rule[]): void {
    for (const { text } of fired) this.#parts.meter.matched(text.id);
  }

  /** Goes on with the rules in force, and lets the next manifest say which they are. */
  #followRules(): void {
    const { detector, rules, notices, meter, now } = this.#parts;
    const current = rules();
    if (detector === undefined || current === undefined) return;
    if (detector.ruleSet !== current) detector.use(current);
    if (current !== this.#rules) meter.declareDetection(current.rules.map(({ text }) => text.id));
    this.#rules = current;
    if (current.digest === this.#rulesNoted) return;
    notices.add({ kind: 'detect', at: now().toISOString(), rules: current.digest });
    this.#rulesNoted = current.digest;
  }

  #countRedacted(counts: Counts): void {
    const { tally } = this.#batch;
    for (const [rule, count] of counts) tally.count(tally.redacted, rule, count);
  }

  #place(spot: Spot): EventPlace {
    return { ...spot, index: this.#batch.nextIndex, batch: this.#batch.number, readAt: this.#readAt };
  }

  /** The entry that comes next goes out in the refused form alone. */
  #refuseNext({ form, type, message }: KnownRefusal): void {
    const { logger, sourceName, meter, now } = this.#parts;
    logger.warn(
      { 'event.sequence': this.#batch.nextIndex, 'auditseal.source': sourceName, 'auditseal.form': form },
      `Elasticsearch would refuse an event (${type}: ${message}); it is sealed whole and sent without ${form === 'bodies' ? 'its bodies' : 'kubernetes.audit'}, which queries find under event.kind pipeline_error`,
    );
    meter.refused += 1;
    this.#batch.refuseNext({ form, status: 400, type, message, at: now().toISOString() });
  }

  #add(document: Shaped): void {
    this.#batch.add(document);
    this.#newest = document.timestamp;
    for (const gap of this.#openGaps.splice(0)) gap.to = document.timestamp;
  }

  // seal: the open batch goes into the log, and a new one opens

  async #seal(): Promise<void> {
    const { detector, drift } = this.#parts;
    const detect = detector && { rules: this.#rulesNoted ?? '', windows: detector.stored };
    const withheld = this.#withheld.list();
    const openLines = this.#openLines.list();
    const state: PipelineState = {
      v: 1,
      reader: this.#reader,
      newest: this.#newest,
      detect,
      withheld,
      openLines,
      drift: drift?.state(),
    };
    const { log } = this.#batch;
    this.#batch = await this.#parts.sealer.seal(this.#batch, JSON.stringify(state));
    if (this.#batch.log !== log) this.#treatment = this.#treatmentFor(this.#batch.log);
  }

  /** A manifest names one policy: what was decided by the one of before is sealed first. */
  async #changePolicy(change: PolicyChange): Promise<void> {
    if ('refused' in change) return this.#parts.notices.refusePolicy(change.refused);
    if (!this.#batch.tally.isEmpty) await this.#seal();
    this.#policy = change.used;
    this.#parts.sealer.usePolicy(change.used.text);
    this.#parts.meter.declareRules(change.used.parsed.ruleNames);
    this.#treatment = this.#treatmentFor(this.#batch.log);
  }

  #lineMac(file: string, offset: number, digest: Buffer): string {
    return macOf(lineKey(this.#parts.secret, this.#batch.log.origin, file, offset), digest);
  }

  #treatmentFor({ origin, logId }: Log): Treatment {
    const { context, redactor, pseudonymizer, people, detector, entryBytesMax } = this.#parts;
    return {
      policy: this.#policy.parsed,
      redactor,
      detector,
      pseudonymizer,
      people,
      entryBytesMax,
      context: { ...context, origin, logId, ecsVersion },
    };
  }

  /** The rotated files are the last buffer: with the spool or the disk full, reading waits. */
  #hasRoom(): boolean {
    const { pausedBy, notices, meter, logger, sourceName, now } = this.#parts;
    const reason = pausedBy();
    if (reason !== undefined) this.#parts.signs?.pause();
    if (reason !== this.#paused) {
      meter.pause(reason, now());
      if (reason) {
        notices.add({ kind: 'paused', at: now().toISOString(), reason });
        logger.warn({ 'auditseal.source': sourceName }, pauseWarning(reason));
      } else logger.info({ 'auditseal.source': sourceName }, 'reading goes on');
      this.#paused = reason;
    }
    return reason === undefined;
  }
}
