export type JsonErrorCode = 'not_an_object';

/** A text whose members were asked for is not one JSON object; whoever holds it seals it as text instead. */
export class JsonError extends Error {
  override name = 'JsonError';
  readonly code: JsonErrorCode;

  constructor(code: JsonErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
