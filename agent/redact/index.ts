export { redactKey, type RedactKey } from './mark.ts';
export { Redactor, type Redacted, type RedactorOptions } from './redactor.ts';
