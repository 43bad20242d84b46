/**
 * An error that programs tell from others by its `code` and people by its message. Each room has a subclass, whose codes are
 * documented at their union; `name` is the name of the subclass.
 */
export class CodedError<Code extends string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The message of whatever was thrown, for a sentence of our own; anything may be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
