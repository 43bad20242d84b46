import type { Player } from './player.ts';
import type { Scrape } from './scrape.ts';
import { count, megabytes, padLeft } from '../agent/cli/terminal/text.ts';

/** How far everything is, at one moment. */
export interface Progress {
  seconds: number;
  written: { lines: number; ofLines: number; bytes: number; rotations: number; removed: number };
  read: number;
  dropped: number;
  droppedByRule: [string, number][];
  sealed: { events: number; batches: number };
  shipped: { events: number; batches: number };
  /** Lines written that are neither dropped nor in Elasticsearch. */
  lag: number;
}

export function progressOf(player: Player, scrape: Scrape, seconds: number): Progress {
  const dropped = scrape.sum('auditseal_dropped_events_total');
  const shipped = scrape.sum('auditseal_shipped_events_total');
  return {
    seconds,
    written: {
      lines: player.lines,
      ofLines: player.lineCount,
      bytes: player.bytes,
      rotations: player.log.rotations,
      removed: player.log.removed,
    },
    read: scrape.sum('auditseal_read_lines_total'),
    dropped,
    droppedByRule: scrape.by('auditseal_dropped_events_total', 'rule'),
    sealed: {
      events: scrape.sum('auditseal_sealed_events_total'),
      batches: scrape.sum('auditseal_sealed_batches_total'),
    },
    shipped: { events: shipped, batches: scrape.sum('auditseal_shipped_batches_total') },
    lag: Math.max(0, player.lines - dropped - shipped),
  };
}

/** Everything that was to be written is, and has arrived with its record. */
export function isComplete({ written, read, sealed, shipped }: Progress): boolean {
  return written.lines === written.ofLines && read === written.lines && sealed.batches === shipped.batches;
}

/** For a terminal: redrawn in place. */
export function progressBlock({
  written,
  read,
  dropped,
  droppedByRule,
  sealed,
  shipped,
  lag,
}: Progress): string[] {
  const rules = droppedByRule.slice(0, 3).map(([rule, events]) => `${rule} ${count(events)}`);
  const more = droppedByRule.length - rules.length;
  return [
    `written  ${number(written.lines)} of ${count(written.ofLines)} lines, ${megabytes(written.bytes)}, ${written.rotations} rotations, ${written.removed} backups deleted`,
    `read     ${number(read)} lines`,
    `dropped  ${number(dropped)} by rule${rules.length > 0 ? `: ${rules.join(', ')}` : ''}${more > 0 ? ` and ${more} more` : ''}`,
    `sealed   ${number(sealed.events)} events in ${sealed.batches} batches`,
    `shipped  ${number(shipped.events)} events in ${shipped.batches} batches`,
    `lag      ${number(lag)} lines written and not yet in Elasticsearch`,
  ];
}

const columns: [string, (progress: Progress) => number][] = [
  ['SECOND', ({ seconds }) => Math.round(seconds)],
  ['WRITTEN', ({ written }) => written.lines],
  ['ROTATIONS', ({ written }) => written.rotations],
  ['READ', ({ read }) => read],
  ['DROPPED', ({ dropped }) => dropped],
  ['SEALED', ({ sealed }) => sealed.events],
  ['BATCHES', ({ sealed }) => sealed.batches],
  ['SHIPPED', ({ shipped }) => shipped.events],
  ['LAG', ({ lag }) => lag],
];

/** The first heading begins where everything else does. */
const rowIndent = 4;

/** For where nothing can be redrawn. */
export const progressHeading = columns
  .map(([heading]) => padLeft(heading, 10))
  .join('')
  .slice(rowIndent);

export function progressRow(progress: Progress): string {
  return columns
    .map(([, value]) => padLeft(count(value(progress)), 10))
    .join('')
    .slice(rowIndent);
}

function number(value: number): string {
  return padLeft(count(value), 6);
}
