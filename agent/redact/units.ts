/** Classes of units of a decoded text, as tables: a text is looked at unit by unit, never by a regular expression that could go back. */
export type Units = Uint8Array;

/** @param runs single units and ranges, as `a-z` */
export function unitsOf(...runs: string[]): Units {
  const table = new Uint8Array(256);
  for (const run of runs) {
    const [first, last] = run.length === 3 && run[1] === '-' ? [run[0], run[2]] : [undefined, undefined];
    if (first === undefined || last === undefined) for (const unit of run) table[unit.charCodeAt(0)] = 1;
    else for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code += 1) table[code] = 1;
  }
  return table;
}

/** Whether the unit at `at` is of the class; none is before or behind the text. */
export function isUnit(text: string, at: number, units: Units): boolean {
  return at >= 0 && at < text.length && units[text.charCodeAt(at)] === 1;
}

/** Where the run of units of a class that begins at `from` ends. */
export function endOfRun(text: string, from: number, units: Units, to = text.length): number {
  let at = from;
  while (at < to && units[text.charCodeAt(at)] === 1) at += 1;
  return at;
}

/** Where the run of units of a class that ends before `end` begins. */
export function startOfRun(text: string, end: number, units: Units, from = 0): number {
  let at = end;
  while (at > from && units[text.charCodeAt(at - 1)] === 1) at -= 1;
  return at;
}

export const letters = unitsOf('a-z', 'A-Z');
export const spaces = unitsOf(' \t');
