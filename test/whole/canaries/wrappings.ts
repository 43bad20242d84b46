import type { Random } from '../../kit/random.ts';

/** What else than itself a line of the apiserver may be read as. Lines are latin1, a character a byte. */
export type Wrapping = (line: string, random: Random) => string[];

const time = '2026-12-01T12:00:00.000000000Z';
/** What containerd and CRI-O write of a line at once, at most. */
const criBytesMax = 16_384;

export const wrappings: Readonly<Record<string, Wrapping>> = {
  'a list of events': (line) => [
    `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${line},${line}]}`,
  ],
  'an item of a list, which has no kind': (line) => [
    line.replace('"kind":"Event","apiVersion":"audit.k8s.io/v1",', ''),
  ],
  "docker's JSON": (line) => [JSON.stringify({ log: `${line}\n`, stream: 'stdout', time })],
  'the lines of a container runtime': (line) => criLines(line),
  syslog: (line) => [`Dec  1 12:00:00 cp-1 k3s[812]: ${line}`],
  'a line with a value that is no UTF-8': (line, random) => {
    const values = [...line.matchAll(/":"/gu)].map(({ index }) => index + 3);
    const at = random.pick(values);
    return [`${line.slice(0, at)}\xff${line.slice(at)}`];
  },
  'a torn line, and its rest': (line, random) => {
    const at = random.integer(1, line.length - 1);
    return [line.slice(0, at), line.slice(at)];
  },
  'a torn line, with the next event behind it': (line, random) => [
    `${line.slice(0, random.integer(1, line.length - 1))}${line}`,
  ],
  'a line whose middle is zeros, after a power failure': (line, random) => {
    const [a, b] = [random.integer(1, line.length - 1), random.integer(1, line.length - 1)];
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    return [`${line.slice(0, from)}${'\0'.repeat(Math.min(64, to - from))}${line.slice(to)}`];
  },
  'letters as escapes': (line) => [escaped(line)],
};

function criLines(line: string): string[] {
  const lines: string[] = [];
  for (let from = 0; from < line.length; from += criBytesMax) {
    const isLast = from + criBytesMax >= line.length;
    lines.push(`${time} stdout ${isLast ? 'F' : 'P'} ${line.slice(from, from + criBytesMax)}`);
  }
  return lines;
}

/** As a client may write the body of a JSON Patch, which the apiserver keeps: each letter of the bodies as its code. */
function escaped(line: string): string {
  const event = JSON.parse(line) as Record<string, unknown>;
  const bodies = ['requestObject', 'responseObject'].filter((name) => event[name] !== undefined);
  const written = bodies.map((name) => `,"${name}":${escapedLetters(JSON.stringify(event[name]))}`);
  for (const name of bodies) delete event[name];
  return `${JSON.stringify(event).slice(0, -1)}${written.join('')}}`;
}

function escapedLetters(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"/gu, (text) =>
    text.replaceAll(/\\(?:u....|.)|[A-Za-z]/gu, (unit) =>
      unit.length > 1 ? unit : `\\u00${unit.charCodeAt(0).toString(16)}`,
    ),
  );
}
