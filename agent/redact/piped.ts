import { endOfRun, spaces, startOfRun, unitsOf } from './units.ts';
import type { Range } from './yaml.ts';

const lookBackMax = 1024;
const blanks = unitsOf(' \t"\'\\');
const commandEnds = ['\n', ';', '&'];
const printers = ['echo ', 'printf '];

/** What `echo user:password | chpasswd` and `echo password | passwd --stdin user` hand over. The command's name is at `from` to `to`. */
export function pipedInto(text: string, from: number, to: number): Range | undefined {
  const command = text.slice(from, to);
  const isPasswd = command === 'passwd' && text.startsWith(' --stdin', to);
  if (command !== 'chpasswd' && !isPasswd) return undefined;
  const least = Math.max(0, from - lookBackMax);
  let bar = startOfRun(text, from, spaces, least);
  if (text.slice(least, bar).endsWith('sudo')) bar = startOfRun(text, bar - 'sudo'.length, spaces, least);
  if (text[bar - 1] !== '|') return undefined;
  const before = text.slice(least, bar - 1);
  const start = Math.max(...commandEnds.map((end) => before.lastIndexOf(end)), -1) + 1;
  const print = Math.max(...printers.map((printer) => before.indexOf(printer, start)));
  if (print < 0) return undefined;
  const value = least + endOfRun(before, before.indexOf(' ', print), blanks);
  const end = least + startOfRun(before, before.length, blanks);
  const colon = isPasswd ? -1 : text.slice(value, end).indexOf(':');
  return value < end ? { from: value + colon + 1, to: end } : undefined;
}
