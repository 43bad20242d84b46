/** Says something to the operator: once for each trouble until it is over. */
export type Tell = (level: 'info' | 'warn', message: string, details: Record<string, unknown>) => void;

/** Says each trouble once, and again only after it was over. */
export class Complaints {
  readonly tell: Tell;
  readonly #said = new Set<string>();

  constructor(tell: Tell | undefined) {
    this.tell = tell ?? (() => undefined);
  }

  say(trouble: string, message: string, details: Record<string, unknown>): void {
    if (this.#said.has(trouble)) return;
    this.#said.add(trouble);
    this.tell('warn', message, details);
  }

  /** Whether a trouble of this kind was said, and is not over. */
  isOpen(kind: string): boolean {
    return [...this.#said].some((trouble) => trouble.startsWith(kind));
  }

  over(kind: string): void {
    for (const trouble of this.#said) if (trouble.startsWith(kind)) this.#said.delete(trouble);
  }
}
