import type { RuleProblem } from '../detect/index.ts';
import type { GapReason } from '../source/index.ts';

const gapCauses: Record<GapReason, string> = {
  deleted:
    'a rotated file was deleted before it was read; let the apiserver keep more of them (--audit-log-maxbackup, --audit-log-maxsize)',
  truncated:
    'a file was cut while or before it was read; find out who does that, and let the apiserver alone rotate its log',
  corrupt: 'a compressed file cannot be read to its end; look at the disk, and for whoever wrote the file',
  unproven:
    'files were rotated faster than they could be followed; let the apiserver write larger ones (--audit-log-maxsize)',
};

/** Cause, remedy and what it means for the evidence, of one gap. docs/operations.md quotes how it begins. */
export function gapWarning(reason: GapReason): string {
  return (
    `events are missing or not proven complete: ${gapCauses[reason]}; ` +
    'the next manifest names the gap, and verify reports it until an operator signs a statement that acknowledges it'
  );
}

const pauseCauses = {
  spool:
    'the spool is full: Elasticsearch takes less than is read; see the last failure in auditseal status, or raise spoolBytesMax',
  disk: 'the disk is full; free space on the disk of stateDir, or lower spoolBytesMax',
};

/** Cause, remedy and what it means for the evidence, of reading that has to wait. */
export function pauseWarning(reason: 'spool' | 'disk'): string {
  return (
    `reading is paused: ${pauseCauses[reason]}; it goes on by itself when there is room, ` +
    'and nothing is lost as long as the apiserver keeps the rotated files'
  );
}

/** Of a rule that cannot be asked as it is. */
export function ruleWarning(problem: RuleProblem): string {
  return problem.state === 'errors'
    ? `rule ${problem.rule} is neither true nor false of some events, and finds none of these; it stays on: write its condition so that it asks first, with has() or .?, for what may not be there`
    : `rule ${problem.rule} goes through too many items of some events, and is off until ${problem.until}; make its condition ask for less, or look for who sends such events`;
}
