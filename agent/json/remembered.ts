/** Longer texts are not remembered: with all slots taken, half a megabyte of text. */
const textBytesMax = 512;
const slots = 1024;

/**
 * What short texts were parsed to, found by their bytes. A text takes the place of whichever had its slot, so what a client sends
 * can make it forget, never grow. No string is made to look one up, as a Map would need: V8 enters each key into its table of strings.
 */
export class Remembered {
  readonly #values: unknown[] = Array.from({ length: slots });
  readonly #lengths = new Uint16Array(slots);
  /** Made when there is something to remember: `textBytesMax` for each slot. */
  #texts: Buffer | undefined;

  /** What the bytes of `from` between `start` and `end` were parsed to; undefined if that is not remembered. */
  find(from: Buffer, start: number, end: number): unknown {
    const length = end - start;
    if (length > textBytesMax) return undefined;
    const slot = slotOf(from, start, end);
    if (this.#lengths[slot] !== length) return undefined;
    return isAt(this.#texts!, slot * textBytesMax, from, start, end) ? this.#values[slot] : undefined;
  }

  /** The text may be reused afterwards. */
  keep(from: Buffer, start: number, end: number, value: unknown): void {
    const length = end - start;
    if (length > textBytesMax) return;
    const slot = slotOf(from, start, end);
    this.#texts ??= Buffer.allocUnsafeSlow(slots * textBytesMax);
    from.copy(this.#texts, slot * textBytesMax, start, end);
    this.#lengths[slot] = length;
    this.#values[slot] = value;
  }
}

/** Every third byte tells texts apart well enough: those it does not only take turns in a slot. */
function slotOf(bytes: Buffer, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at += 3) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) & (slots - 1);
}

function isAt(texts: Buffer, offset: number, bytes: Buffer, start: number, end: number): boolean {
  for (let at = start, i = offset; at < end; at++, i++) if (texts[i] !== bytes[at]) return false;
  return true;
}
