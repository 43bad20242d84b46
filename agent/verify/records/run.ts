import type { Gap, Stretch } from '../../seal/index.ts';
import { joins, judgeNeighbours } from './chain.ts';
import { follows, hole } from './coherence.ts';
import type { Emit } from '../finding.ts';
import { timeOf } from './link.ts';
import type { Link } from './link.ts';

/** Leaf indexes that consecutive joined batches cover, `to` exclusive. */
export interface Extent {
  from: number;
  to: number;
}

/** Valid records of one log whose batch numbers are consecutive: what stays in memory of them, however many. */
export class BatchRun {
  readonly origin: string;
  readonly head: Link;
  tail: Link;
  readonly extents: Extent[];
  firstStretch: { stretch: Stretch; gaps: readonly Gap[]; batch: number; sealedAt: string } | undefined;
  lastStretch: Stretch | undefined;

  constructor(origin: string, head: Link) {
    this.origin = origin;
    this.head = head;
    this.tail = head;
    this.extents = [{ from: head.first, to: head.size }];
    this.#stretch(head, () => undefined);
  }

  extend(link: Link, emit: Emit): void {
    judgeNeighbours(this.origin, this.tail, link, emit);
    if (joins(this.tail, link)) this.extents.at(-1)!.to = link.size;
    else this.extents.push({ from: link.first, to: link.size });
    this.#stretch(link, emit);
    this.tail = link;
  }

  #stretch(link: Link, emit: Emit): void {
    const { firstStretch: stretch, lastStretch, gaps, batch } = link;
    const sealedAt = timeOf(link);
    if (!stretch) return;
    if (!this.lastStretch) this.firstStretch = { stretch, gaps, batch, sealedAt };
    else if (!follows(this.lastStretch, stretch, gaps))
      emit({
        finding: 'incoherent',
        origin: this.origin,
        batch,
        sealedAt,
        detail: hole(this.lastStretch, stretch),
      });
    this.lastStretch = lastStretch;
  }
}
