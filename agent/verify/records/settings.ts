import type { Manifest } from '../../seal/index.ts';

/** From a batch on, something that was in force is another. */
export interface SettingChange {
  what: Setting;
  batch: number;
  /** RFC 3339. */
  sealedAt: string;
  /** A digest, or a number. */
  from: string;
  to: string;
}

const settings = ['policy', 'config', 'retentionDays', 'heartbeatSeconds'] as const;
type Setting = (typeof settings)[number];

/** Of one log that are kept: a thief of its key may change them with every batch. */
const changesMax = 20;
const charsMax = 100;

/** What changed between the batches of one log (docs/seal-format.md §8.5): reported, and no finding. */
export class SettingChanges {
  readonly list: SettingChange[] = [];
  count = 0;
  #before: Record<Setting, string> | undefined;

  /** Takes the next batch. */
  take(manifest: Manifest): void {
    const now = Object.fromEntries(settings.map((what) => [what, textOf(manifest[what])])) as Record<
      Setting,
      string
    >;
    const before = this.#before;
    this.#before = now;
    if (!before) return;
    for (const what of settings) {
      if (before[what] === now[what]) continue;
      this.count += 1;
      const { batch, sealedAt } = manifest;
      if (this.list.length < changesMax)
        this.list.push({ what, batch, sealedAt, from: before[what], to: now[what] });
    }
  }
}

/** The format demands no type of the digests. */
function textOf(value: unknown): string {
  return typeof value === 'string'
    ? value.slice(0, charsMax)
    : (JSON.stringify(value) ?? 'nothing').slice(0, charsMax);
}
