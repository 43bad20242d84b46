import type { Manifest, Notice } from '../../seal/index.ts';

/** What a log's manifests say of what decides what gets logged. */
export interface DriftSaid {
  batch: number;
  /** RFC 3339. */
  sealedAt: string;
  check: string;
  state: string;
  found: string;
  expected: string;
  changes: readonly string[];
}

/** Of one log that are kept, the newest of them: a thief of its key may say any number. */
const keptMax = 20;
const charsMax = 300;
const sentencesMax = 20;

/** Notices of the kind `drift` of one log: reported, and no finding. Nothing in them has a type that the format demands. */
export class DriftNotices {
  /** Those that are not as they should be, or in which something changed. */
  readonly list: DriftSaid[] = [];
  count = 0;
  /** What was found of the audit policy last. */
  policy: string | undefined;

  /** Takes the next batch. */
  take({ batch, sealedAt, notices }: Manifest): void {
    for (const notice of notices) if (notice.kind === 'drift') this.#add(notice, batch, sealedAt);
  }

  #add(notice: Extract<Notice, { kind: 'drift' }>, batch: number, sealedAt: string): void {
    const [check, state, found, expected] = [notice.check, notice.state, notice.found, notice.expected].map(
      textOf,
    ) as [string, string, string, string];
    const changes: unknown = notice.changes;
    if (check === 'audit-policy') this.policy = found;
    if (state === 'ok' && changes === undefined) return;
    this.count += 1;
    this.list.push({
      batch,
      sealedAt,
      check,
      state,
      found,
      expected,
      changes: Array.isArray(changes) ? changes.slice(0, sentencesMax).map(textOf) : [],
    });
    if (this.list.length > keptMax) this.list.shift();
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, charsMax) : '';
}
