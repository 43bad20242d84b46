import { CodedError } from '../error.ts';

/** - `not-an-object`: the text is not one whole JSON object */
export type JsonErrorCode = 'not-an-object';

/** A text whose members were asked for is not one JSON object; whoever holds it seals it as text instead. */
export class JsonError extends CodedError<JsonErrorCode> {}
