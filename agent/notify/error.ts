import { CodedError } from '../error.ts';

/** - `settings`: a file that an endpoint names cannot be used; the message begins with the key's path */
export type NotifyErrorCode = 'settings';

/** Why nobody can be told. */
export class NotifyError extends CodedError<NotifyErrorCode> {}
