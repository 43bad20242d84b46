import { z } from 'zod';
import type { Config } from '../config/index.ts';
import {
  bodyMembers,
  depthMax,
  isTooDeep,
  parseEvent,
  responseMember,
  splitGlued,
  type AuditEvent,
  type LongLineParts,
} from '../event/index.ts';
import {
  shapeCut,
  shapeEvent,
  textDocument,
  type Cut,
  type DocumentContext,
  type Place,
  type Shaped,
} from '../document/index.ts';
import { cutMembers } from '../json/index.ts';
import { ecsVersion, type Logger, type SourceMeter } from '../observe/index.ts';
import { decide, type Policy } from '../policy/index.ts';
import type { Sealer } from './sealer.ts';
import { lineKey, macOf, sha256, type Gap, type Log } from '../seal/index.ts';
import type { Chunk, GapChunk, LinesChunk, LongChunk, Source, TailState } from '../source/index.ts';

const newline = 0x0a;

/** What is stored with each batch to go on from: the reader's state, and the newest `@timestamp` for gaps to name. */
export interface PipelineState {
  v: 1;
  reader: TailState | null;
  newest: string | null;
}

export interface PipelineParts {
  sourceName: string;
  config: Config;
  secret: Uint8Array;
  source: Source<LongLineParts>;
  policy: Policy;
  sealer: Sealer;
  /** From where the state says that reading goes on. */
  state: PipelineState;
  agentVersion: string;
  meter: SourceMeter;
  logger: Logger;
  now: () => Date;
  failpoint: (name: string) => void;
  /** Why reading has to wait, if it has to: the spool or the disk is full. */
  pausedBy: () => 'spool' | 'disk' | undefined;
  /** Told each time the loop comes round: what /healthz asks. */
  beat: () => void;
}

/** Where a line lies. */
type Spot = Pick<Place, 'path' | 'offset'> & Partial<Pick<Place, 'recovered' | 'cut'>>;

/**
 * One source's lines on their way: read → decide → shape → seal. What is sealed is stored and shipped behind its back, so
 * that an outage of Elasticsearch stops nothing here before the spool is full.
 */
export class Pipeline {
  readonly #parts: PipelineParts;
  #log: Log;
  #context: DocumentContext;
  /** The reader's state after what was taken into the batch at hand. */
  #reader: TailState | null;
  #newest: string | null;
  /** Gaps before the stretch that comes next. */
  #gaps: Gap[] = [];
  /** Gaps whose first event after them has not come. */
  #openGaps: Gap[] = [];
  #readAt = new Date(0);
  #paused: 'spool' | 'disk' | undefined;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#log = parts.sealer.log;
    this.#context = this.#contextOf(this.#log);
    this.#reader = parts.state.reader;
    this.#newest = parts.state.newest;
  }

  /** Runs until `signal` aborts; then what was read is sealed and stored. Throws what the store fails with. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, sealer, beat, now } = this.#parts;
    while (!signal.aborted) {
      beat();
      const chunk = this.#hasRoom() ? await source.read() : await source.hold(this.#paused === 'disk');
      if (chunk) await this.#take(chunk);
      if (sealer.isFull || sealer.isDue()) await this.#seal();
      if (!chunk) await source.wait(signal);
    }
    sealer.notice({ kind: 'stop', at: now().toISOString() });
    await this.#seal();
    await sealer.drain();
    this.#parts.failpoint('stop durable');
  }

  // read: a chunk's bytes go into the batch's tally, its lines onward

  async #take(chunk: Chunk<LongLineParts>): Promise<void> {
    this.#parts.failpoint('read');
    this.#readAt = this.#parts.now();
    if (chunk.kind === 'gap') return this.#noteGap(chunk);
    this.#parts.sealer.tally.gaps.push(...this.#gaps.splice(0));
    if (chunk.kind === 'lines') return await this.#takeLines(chunk);
    if (chunk.kind === 'long') this.#takeLongLine(chunk);
    else this.#parts.sealer.tally.addEnd(chunk.path, chunk.file, chunk.offset);
    this.#reader = this.#parts.source.stateAt(chunk.kind === 'long' ? chunk.end : chunk.offset);
  }

  async #takeLines(chunk: LinesChunk): Promise<void> {
    const { source, sealer } = this.#parts;
    const { path, file, after, bytes } = chunk;
    let from = 0;
    let lines = 0;
    for (let at = 0; at < bytes.length;) {
      const found = bytes.indexOf(newline, at);
      const end = found < 0 ? bytes.length : found;
      this.#line(bytes.subarray(at, end), file, { path, offset: chunk.start + at }, found >= 0);
      at = found < 0 ? end : end + 1;
      lines += 1;
      if (!sealer.isFull && at < bytes.length) continue;
      const run = { path, file, after, start: chunk.start + from, end: chunk.start + at };
      sealer.tally.addRun(run, bytes.subarray(from, at), lines);
      this.#reader = source.stateAt(run.end);
      if (sealer.isFull) await this.#seal();
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
    if (event) return this.#event(event, line, spot, mac);
    const pieces = (isEnded ? splitGlued(line) : undefined) ?? [line];
    this.#parts.sealer.tally.pieces += pieces.length - 1;
    for (const piece of pieces) {
      const recovered = pieces.length > 1 ? parseEvent(piece) : undefined;
      if (recovered) this.#event(recovered, piece, { ...spot, recovered: true }, mac);
      else this.#text(piece, spot, mac);
    }
  }

  #takeLongLine({ path, file, after, start, end, line }: LongChunk<LongLineParts>): void {
    const { bytes, head, tail, digest, rawHash, cut } = line.end();
    const spot = { path, offset: start };
    const mac = this.#lineMac(file, start, digest);
    const event = cut.closed && !cut.overflowed ? parseEvent(cut.output) : undefined;
    if (event) this.#cutEvent(event, cut.output, { ...spot, cut: { bytes, mac, fields: cut.cut } });
    else this.#text({ bytes, head, tail, mac }, spot, () => mac);
    if (end - start > bytes) rawHash.update('\n');
    this.#parts.sealer.tally.addLongLine({ path, file, after, start, end }, rawHash);
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
    this.#gaps.push(gap);
    this.#openGaps.push(gap);
    logger.warn(
      { 'auditseal.gap': gap, 'auditseal.source': sourceName },
      `events are missing or not proven complete: ${reason}`,
    );
  }

  // decide, then shape

  #event(event: AuditEvent, line: Buffer, spot: Spot, mac: () => string): void {
    const kept = this.#decide(event, line);
    if (!kept) return;
    const { audit, rule } = kept;
    const { entryBytesMax } = this.#parts.config;
    if (isTooDeep(event, audit)) this.#refuse();
    const place = this.#place(spot, rule);
    this.#add(shapeEvent(event, line, audit, this.#context, place, { entryBytesMax, mac }));
  }

  #cutEvent(event: AuditEvent, rest: Buffer, spot: Spot & { cut: Cut }): void {
    const kept = this.#decide(event, rest);
    if (!kept) return;
    if (isTooDeep(event, [rest])) this.#refuse();
    const place = { ...this.#place(spot, kept.rule), cut: spot.cut };
    this.#add(shapeCut(event, [rest], this.#context, place, this.#parts.config));
  }

  /** The entry that comes next goes out in the refused form alone. */
  #refuse(): void {
    const { sealer, logger, sourceName } = this.#parts;
    const message = `nested deeper than ${depthMax} levels: not shown to Elasticsearch, whose stack it could overflow`;
    logger.warn(
      { 'event.sequence': sealer.nextIndex, 'auditseal.source': sourceName },
      `an event is ${message}; it is sent in the refused form`,
    );
    this.#parts.meter.refused += 1;
    sealer.refuse({ status: 400, type: 'too_deep', message });
  }

  /** What policy leaves of an event's bytes, and by which rule; undefined if it drops the event. */
  #decide(event: AuditEvent, line: Buffer): { audit: Buffer[]; rule: string } | undefined {
    const { policy, sealer } = this.#parts;
    const { action, rule } = decide(event, policy);
    if (action === 'keep') return { audit: [line], rule };
    if (action === 'drop') {
      sealer.tally.count(sealer.tally.dropped, rule);
      return undefined;
    }
    const rest = cutMembers(line, action === 'metadata' ? bodyMembers : responseMember);
    const left = rest.reduce((sum, piece) => sum + piece.length, 0);
    if (left < line.length) sealer.tally.count(sealer.tally.reduced, rule);
    return { audit: rest, rule };
  }

  #text(line: Parameters<typeof textDocument>[0], spot: Spot, mac: () => string): void {
    this.#parts.sealer.tally.malformed += 1;
    const textBytesMax = Math.floor(this.#parts.config.entryBytesMax / 4);
    this.#add(textDocument(line, this.#context, this.#place(spot), { textBytesMax, mac }));
  }

  #place(spot: Spot, rule?: string): Place {
    const index = this.#parts.sealer.nextIndex;
    return { ...spot, index, batch: this.#log.nextBatch, readAt: this.#readAt, rule };
  }

  // seal: an entry takes the next index of the log

  #add({ pieces, timestamp }: Shaped): void {
    this.#parts.sealer.add(pieces, timestamp);
    this.#newest = timestamp;
    for (const gap of this.#openGaps.splice(0)) gap.to = timestamp;
  }

  async #seal(): Promise<void> {
    const { sealer } = this.#parts;
    const state: PipelineState = { v: 1, reader: this.#reader, newest: this.#newest };
    await sealer.seal(JSON.stringify(state));
    if (sealer.log === this.#log) return;
    this.#log = sealer.log;
    this.#context = this.#contextOf(this.#log);
  }

  #lineMac(file: string, offset: number, digest: Buffer): string {
    return macOf(lineKey(this.#parts.secret, this.#log.origin, file, offset), digest);
  }

  #contextOf({ origin, logId }: Log): DocumentContext {
    const { config, agentVersion } = this.#parts;
    const { cluster, node, elasticsearch } = config;
    return { cluster, node, namespace: elasticsearch.namespace, origin, logId, agentVersion, ecsVersion };
  }

  /** The rotated files are the last buffer: with the spool or the disk full, reading waits. */
  #hasRoom(): boolean {
    const { pausedBy, sealer, meter, logger, sourceName, now } = this.#parts;
    const reason = pausedBy();
    if (reason !== this.#paused) {
      meter.pause(reason, now());
      if (reason) {
        sealer.notice({ kind: 'paused', at: now().toISOString(), reason });
        logger.warn(
          { 'auditseal.source': sourceName },
          `reading is paused: the ${reason} is full; it goes on by itself when there is room`,
        );
      } else logger.info({ 'auditseal.source': sourceName }, 'reading goes on');
      this.#paused = reason;
    }
    return reason === undefined;
  }
}

const pipelineState = z.object({ v: z.literal(1), reader: z.unknown(), newest: z.string().nullable() });

/** Parses what `PipelineState` was stored as; null is a source that nothing was read of. */
export function parsePipelineState(
  text: string | null,
  parseReader: (value: unknown) => TailState,
): PipelineState {
  if (text === null) return { v: 1, reader: null, newest: null };
  const { reader, newest } = pipelineState.parse(JSON.parse(text));
  return { v: 1, reader: reader === null ? null : parseReader(reader), newest };
}
