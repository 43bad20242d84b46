import type { Manifest } from '../../../agent/seal/index.ts';
import { droppingRules } from './dropped-lines.ts';
import type { Expectation } from './expected-events.ts';

const at = ({ sealedAt }: Manifest) => Date.parse(sealedAt);
const total = (of: (one: Manifest) => number) => (ones: readonly Manifest[]) =>
  ones.reduce((sum, one) => sum + of(one), 0);
const dropped = ({ dropped: counts }: Manifest) => Object.values<number>(counts).reduce((a, b) => a + b, 0);
const hasGaps = ({ gaps }: Manifest) => gaps.length > 0;
const log = ({ origin }: Manifest) => [origin];
const minute = (one: Manifest) => [String(Math.floor(at(one) / 60_000) * 60_000)];
const count = (ones: readonly Manifest[]) => ones.length;
const gapped = (ones: readonly Manifest[]) => ones.filter(hasGaps).length;
const newest = (ones: readonly Manifest[]) => Math.max(...ones.map(at));
const greatest = (of: (one: Manifest) => number) => (ones: readonly Manifest[]) => Math.max(...ones.map(of));

/** By `<dashboard>/<panel>`. */
export const expectedOfRecords: Readonly<Record<string, Expectation<Manifest>>> = {
  'auditseal-evidence/logs': { values: [(ones) => new Set(ones.map(({ origin }) => origin)).size] },
  'auditseal-evidence/batches': { values: [count] },
  'auditseal-evidence/batches-with-gaps': { where: hasGaps, values: [count] },
  'auditseal-evidence/last-record': { values: [newest] },
  'auditseal-evidence/checkpoints': {
    by: [log],
    values: [
      newest,
      greatest(({ batch }) => batch),
      greatest((one) => one.first + one.count + 1),
      count,
      gapped,
    ],
  },
  'auditseal-evidence/batches-over-time': { by: [log, minute], values: [count] },
  'auditseal-evidence/gaps-over-time': { where: hasGaps, by: [log, minute], values: [count] },
  'auditseal-volume/read': { values: [total(({ read }) => read)] },
  'auditseal-volume/dropped': { values: [total(dropped)] },
  'auditseal-volume/volume-over-time': {
    by: [minute],
    values: [total((one) => one.count), total(dropped)],
  },
  'auditseal-volume/logs': {
    by: [log],
    values: [total(({ read }) => read), total((one) => one.count), total(dropped), count],
  },
  'auditseal-volume/dropped-by-rule': {
    by: [log],
    values: [total(dropped), ...droppingRules.map((rule) => total((one) => one.dropped[rule] ?? 0))],
  },
  'auditseal-volume/lag-records': { by: [log], values: [newest] },
};

/** Summed over the records, so that a record that is stored twice counts twice (docs/kibana.md). */
export const summed: ReadonlySet<string> = new Set([
  'auditseal-volume/read',
  'auditseal-volume/dropped',
  'auditseal-volume/volume-over-time',
  'auditseal-volume/logs',
  'auditseal-volume/dropped-by-rule',
]);

/** What a verdict says, as far as the panels look. */
export interface Verdict {
  at: string;
  verdict: string;
  /** By kind, and `total`; undefined where the verification came to no end. */
  findings: Readonly<Record<string, number>> | undefined;
}

const latest = (ones: readonly Verdict[]) => ones.toSorted((a, b) => a.at.localeCompare(b.at)).at(-1);
const minuteOf = (one: Verdict) => [String(Math.floor(Date.parse(one.at) / 60_000) * 60_000)];
const ended = ({ findings }: Verdict) => findings !== undefined;
const most = (kind: string) => (ones: readonly Verdict[]) =>
  Math.max(...ones.map(({ findings }) => findings?.[kind] ?? 0));
/** The kinds of findings that the panel shows. */
export const kinds = [
  'changed',
  'missing',
  'inserted',
  'missing_record',
  'fork',
  'gap',
  'ends_early',
  'silent',
];

export const expectedOfVerdicts: Readonly<Record<string, Expectation<Verdict>>> = {
  'auditseal-evidence/last-verdict': { values: [(ones) => latest(ones)?.verdict] },
  'auditseal-evidence/last-findings': {
    where: ended,
    values: [(ones) => latest(ones)?.findings?.['total']],
  },
  'auditseal-evidence/verdicts-over-time': {
    by: [({ verdict }) => [verdict], minuteOf],
    values: [(ones) => ones.length],
  },
  'auditseal-evidence/findings-over-time': { where: ended, by: [minuteOf], values: kinds.map(most) },
};
