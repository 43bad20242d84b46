import type { Manifest } from '../seal/index.ts';
import type { TallyRow } from './types.ts';

/** What a batch adds to the counters that outlive the process, in store and metrics alike. */
export function talliesOf(manifest: Manifest): TallyRow[] {
  const { sources, malformed, dropped, reduced, redacted, gaps, notices } = manifest;
  const rows: TallyRow[] = [
    ...Object.entries(dropped).map(([label, value]) => ({ kind: 'dropped' as const, label, value })),
    ...Object.entries(reduced).map(([label, value]) => ({ kind: 'reduced' as const, label, value })),
    ...Object.entries(redacted).map(([label, value]) => ({ kind: 'redacted' as const, label, value })),
    ...gaps.map(({ reason }) => ({ kind: 'gaps' as const, label: reason, value: 1 })),
    { kind: 'readBytes', label: '', value: sources.reduce((sum, { start, end }) => sum + end - start, 0) },
    { kind: 'malformed', label: '', value: malformed },
  ];
  for (const notice of notices) {
    if (notice.kind === 'clock') rows.push({ kind: 'clockSteps', label: '', value: 1 });
    if (notice.kind === 'copies')
      rows.push({ kind: 'copies', label: '', value: notice.last - notice.first + 1 });
  }
  return rows.filter(({ value }) => value > 0);
}
