import { sumOf } from '../../seal/index.ts';
import type { Gap, Manifest, Stretch } from '../../seal/index.ts';

/** Why a manifest contradicts itself (docs/seal-format.md §8.4), a reason each. */
export function contradictions(manifest: Manifest): string[] {
  const { read, pieces, joined, count, sources, gaps } = manifest;
  const dropped = sumOf(manifest.dropped);
  const reasons: string[] = [];
  if (read + pieces !== count + dropped + joined)
    reasons.push(
      `${read} lines read and ${pieces} pieces are not ${count} events, ${dropped} dropped and ${joined} joined`,
    );
  const lines = sources.reduce((sum, stretch) => sum + stretch.lines, 0);
  if (lines !== read) reasons.push(`its stretches have ${lines} lines, it says that it read ${read}`);
  for (const [i, stretch] of sources.entries()) {
    const before = sources[i - 1];
    if (before && !follows(before, stretch, gaps)) reasons.push(hole(before, stretch));
  }
  return reasons;
}

/** Whether `later` joins `earlier`, or its batch owns up to the gap between them (§2). */
export function follows(earlier: Stretch, later: Stretch, gaps: readonly Gap[]): boolean {
  const joins =
    earlier.file === later.file
      ? later.start === earlier.end && earlier.ended !== true
      : earlier.ended === true && later.after === earlier.file && later.start === 0;
  return joins || gaps.some((gap) => spans(gap, earlier, later));
}

function spans(gap: Gap, earlier: Stretch, later: Stretch): boolean {
  return (
    gap.before?.file === earlier.file &&
    gap.before.offset === earlier.end &&
    gap.after?.file === later.file &&
    gap.after.offset === later.start
  );
}

/** Says where two stretches do not join. */
export function hole(earlier: Stretch, later: Stretch): string {
  return `${earlier.path} up to byte ${earlier.end} and ${later.path} from byte ${later.start} do not join, and no gap says so`;
}
