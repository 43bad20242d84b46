import { WhoError } from './error.ts';

/** Status codes, both ends included. */
export interface CodeRange {
  from: number;
  to: number;
}

/** Reads `403`, or `4xx` for all codes that begin so. Throws WhoError `usage`. */
export function parseCodes(text: string): CodeRange[] {
  return text.split(',').map((one) => {
    const [, first, rest = ''] = /^([1-5])(\d\d|xx)$/u.exec(one) ?? [];
    if (first === undefined)
      throw new WhoError(
        'usage',
        `--code: ${JSON.stringify(one)} is neither a status code as 403 nor a class of them as 4xx`,
      );
    return rest === 'xx'
      ? { from: Number(`${first}00`), to: Number(`${first}99`) }
      : { from: Number(one), to: Number(one) };
  });
}

export function isInCodes(code: number | null, ranges: readonly CodeRange[]): boolean {
  return code !== null && ranges.some(({ from, to }) => code >= from && code <= to);
}
