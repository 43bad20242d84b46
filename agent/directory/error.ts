import { CodedError } from '../error.ts';

/**
 * - `settings`: what the configuration says cannot be used: a file that is not there, a filter that is none
 * - `unreachable`: no answer
 * - `refused`: the server does not let us read
 * - `bad-response`: an answer, or a file, that is not what it should be
 * - `too-large`: more people, or more of them, than are held
 */
export type DirectoryErrorCode = 'settings' | 'unreachable' | 'refused' | 'bad-response' | 'too-large';

/** Why a directory could not be read. The message never holds a secret, nor anything of a person. */
export class DirectoryError extends CodedError<DirectoryErrorCode> {}
