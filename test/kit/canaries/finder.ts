import type { Canary } from './fixture.ts';

/** The units that canaries are made of, in either case. */
const runs = /[QXZJKVWqxzjkvw2-9]{5,}/gu;
const base64Runs = /[A-Za-z0-9+/_-]{8,}/gu;
const nestedMax = 2;

/** Finds canaries, and pieces of them, in whatever encoding they are. */
export class Finder {
  readonly #window: number;
  readonly #byWindow = new Map<string, Canary>();

  /** @param window so many units in a row of a canary are a leak, unless one that stays has them, too */
  constructor(canaries: readonly Canary[], window: number) {
    this.#window = window;
    const staying = canaries.filter(({ stays }) => stays !== undefined);
    for (const canary of [...canaries.filter((one) => !staying.includes(one)), ...staying])
      for (let at = 0; at + window <= canary.value.length; at += 1)
        this.#byWindow.set(canary.value.slice(at, at + window), canary);
  }

  /** Those in a text, as they are, with escapes of JSON, percent-encoded, as base64 (in each of its alignments), or in one of these twice. */
  findIn(text: string): Set<Canary> {
    const found = new Set<Canary>();
    this.#find(text, found, 0);
    return found;
  }

  #find(text: string, found: Set<Canary>, nested: number): void {
    this.#findPlain(text, found);
    if (nested === nestedMax) return;
    const read = unquoted(unescaped(text));
    if (read !== text) this.#find(read, found, nested + 1);
    for (const [run] of text.matchAll(base64Runs)) {
      if (run.length < (this.#window * 4) / 3) continue;
      for (let from = 0; from < 4; from += 1)
        this.#find(Buffer.from(run.slice(from), 'base64').toString('latin1'), found, nested + 1);
    }
  }

  #findPlain(text: string, found: Set<Canary>): void {
    for (const [run] of text.matchAll(runs))
      for (let at = 0; at + this.#window <= run.length; at += 1) {
        const canary = this.#byWindow.get(run.slice(at, at + this.#window));
        if (canary !== undefined) found.add(canary);
      }
  }
}

function unescaped(text: string): string {
  return text.replaceAll(/\\+u00([0-9a-fA-F]{2})/gu, (_escape, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

function unquoted(text: string): string {
  return text.replaceAll(/%([0-9a-fA-F]{2})/gu, (_escape, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}
