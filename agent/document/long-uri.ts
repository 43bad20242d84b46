import { termUnitsMax } from '../event/index.ts';

/** Of one parameter's value: enough for what a command is, and for how it ends. */
const beginUnits = 384;
const endUnits = 128;
const pathUnitsMax = 2048;
const shortened = '\u2026';

/**
 * A URI that fits into an index, made of one that does not: the path, and each parameter with the beginning and the end of
 * its value, those of `exec` first. Without it the length alone would hide a command from every search (a client may pad a
 * URI as he likes), and no rule would see that anything was run.
 */
export function indexedUri(uri: string): string {
  const mark = uri.indexOf('?');
  const path = bounded(mark < 0 ? uri : uri.slice(0, mark), pathUnitsMax, endUnits);
  if (mark < 0) return path;
  const parameters = uri.slice(mark + 1).split('&');
  const ordered = [...parameters.filter(isCommand), ...parameters.filter((one) => !isCommand(one))];
  let text = `${path}?`;
  for (const parameter of ordered) {
    const next = `${text.endsWith('?') ? '' : '&'}${bounded(parameter, beginUnits, endUnits)}`;
    if (text.length + next.length > termUnitsMax - shortened.length) return text + shortened;
    text += next;
  }
  return text;
}

function isCommand(parameter: string): boolean {
  return parameter.startsWith('command=');
}

function bounded(text: string, begin: number, end: number): string {
  if (text.length <= begin + end) return text;
  return `${text.slice(0, begin)}${shortened}${text.slice(-end)}`.toWellFormed();
}
