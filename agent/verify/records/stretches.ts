import type { Emit } from '../finding.ts';
import { follows, hole } from './coherence.ts';
import type { BatchRun } from './run.ts';

/** Judges the last stretch before a run of neighbours against the run's first. */
export function judgeStretches(
  origin: string,
  before: BatchRun['lastStretch'],
  run: BatchRun,
  emit: Emit,
): void {
  const after = run.firstStretch;
  if (before && after && !follows(before, after.stretch, after.gaps))
    emit({
      finding: 'incoherent',
      origin,
      batch: after.batch,
      sealedAt: after.sealedAt,
      detail: hole(before, after.stretch),
    });
}
