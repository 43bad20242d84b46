import type { Random } from './random.ts';

type Operation = (note: string, random: Random) => string;

/** The lines of a note's text, changed. */
const lines =
  (change: (lines: string[], random: Random) => void): Operation =>
  (note, random) => {
    const all = note.split('\n');
    change(all, random);
    return all.join('\n');
  };

const base64 = (text: string, change: (bytes: Buffer) => Buffer) =>
  change(Buffer.from(text, 'base64')).toString('base64');

const operations: Record<string, Operation> = {
  'change the origin': lines((all, random) => {
    const first = all.findIndex((line) => line.includes('/'));
    all[first] = `${all[first]}${random.pick(['x', ' ', '0', '/'])}`;
  }),
  'change a number': lines((all, random) => {
    const at = all.findIndex((line) => /^\d/u.test(line));
    if (at >= 0)
      all[at] = random.pick([
        `0${all[at]}`,
        `${all[at]}0`,
        `+${all[at]}`,
        `${Number(all[at]) + 1}`,
        `${all[at]} `,
        '',
      ]);
  }),
  'change a hash': lines((all) => {
    all[2] = base64(all[2] ?? '', flip(3));
  }),
  'respell base64': lines((all, random) => {
    const at = random.pick([2, Math.max(0, all.length - 2)]);
    const line = all[at] ?? '';
    const unused = line.replace(/.(=+)$/u, (end) => nextOf(end[0]!) + end.slice(1));
    all[at] = random.pick([
      unused,
      line.replace(/=+$/u, ''),
      `${line}=`,
      line.replaceAll('+', '-').replaceAll('/', '_'),
    ]);
  }),
  'add a line': lines((all, random) =>
    all.splice(random.below(all.length), 0, random.pick(['', 'extension', '\r', '\u0001'])),
  ),
  'drop a line': lines((all, random) => all.splice(random.below(all.length), 1)),
  'repeat a line': lines((all, random) => {
    const at = random.below(all.length);
    all.splice(at, 0, all[at]!);
  }),
  'carriage returns': (note) => note.replaceAll('\n', '\r\n'),
  'no last newline': (note) => note.slice(0, -1),
  'another dash': (note, random) => note.replace('— ', random.pick(['- ', '—', '–', '—  '])),
  'change the signature': (note, random) =>
    note.replace(/(— \S+ )(\S+)\n$/u, (_all, before: string, signature: string) => {
      const at = random.pick([0, 3, 4, 20, 35, 36, 67]);
      return `${before}${base64(signature, random.pick([flip(at), (bytes) => bytes.subarray(0, -1), (bytes) => Buffer.concat([bytes, Buffer.of(0)])]))}\n`;
    }),
  'change the signer': (note) => note.replace(/— (\S+) /u, '— $1x '),
  'cut it off': (note, random) => note.slice(0, random.below(note.length)),
};

function flip(at: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const edited = Buffer.from(bytes);
    if (at < edited.length) edited[at]! ^= 0x10;
    return edited;
  };
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function nextOf(character: string): string {
  return alphabet[alphabet.indexOf(character) + 1] ?? 'B';
}

/** One random change to a signed note. */
export function editNote(note: string, random: Random): { note: string; kind: string } {
  const kind = random.pick(Object.keys(operations));
  return { note: operations[kind]!(note, random), kind };
}
