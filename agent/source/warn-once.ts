/** Called with what the operator should know: once for each trouble until it is over. */
export type OnMessage = (level: 'info' | 'warn', message: string, details: Record<string, unknown>) => void;

/** Warns of each trouble once, and again only after it was over. */
export class WarnOnce {
  /** Says something whether or not it was said before. */
  readonly log: OnMessage;
  readonly #open = new Set<string>();

  constructor(onMessage: OnMessage | undefined) {
    this.log = onMessage ?? (() => undefined);
  }

  /** `trouble` begins with its kind, by which it is cleared. */
  warn(trouble: string, message: string, details: Record<string, unknown>): void {
    if (this.#open.has(trouble)) return;
    this.#open.add(trouble);
    this.log('warn', message, details);
  }

  /** Whether there was a warning of this kind, and the trouble is not over. */
  isOpen(kind: string): boolean {
    return [...this.#open].some((trouble) => trouble.startsWith(kind));
  }

  /** Troubles of this kind are over. */
  clear(kind: string): void {
    for (const trouble of this.#open) if (trouble.startsWith(kind)) this.#open.delete(trouble);
  }
}
