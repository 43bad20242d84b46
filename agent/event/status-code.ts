import { isFields } from './event.ts';

const codeMax = 999;

/** The status code of a `responseStatus`, if it is one that HTTP could have sent: 0 is what Go has where none was set. */
export function codeOf(responseStatus: unknown): number | undefined {
  const code = isFields(responseStatus) ? responseStatus['code'] : undefined;
  return typeof code === 'number' && Number.isInteger(code) && code > 0 && code <= codeMax ? code : undefined;
}
