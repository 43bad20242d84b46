import { ByteAutomaton, exactly, isLetter, literal, loop, once } from './byte-automaton.ts';
import type { Pattern, Step } from './byte-automaton.ts';
import { formatBeginnings, textKeywords } from './literals.ts';
import { secretPairs, secretWords } from './names.ts';

const noLetters = loop((byte) => !isLetter(byte));
/** `credential-id` ends in another word than `credential-2`. */
const endOfName: Pattern = [loop(isPartOfName), once((byte) => !isLetter(byte) && !isPartOfName(byte))];

function isPartOfName(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e || byte === 0x5f;
}

function oneOf(units: string): Step {
  return once((byte) => units.includes(String.fromCharCode(byte)));
}

/** Without one of these no rule finds anything in an event. */
const patterns: readonly Pattern[] = [
  // Names that end like a secret's.
  ...[...secretWords].map((word) => [...literal(word), ...endOfName]),
  ...[...secretPairs].map((pair) => {
    const [first = '', last = ''] = pair.split(' ');
    return [...literal(first), noLetters, ...literal(last), ...endOfName];
  }),
  // Credentials that are known by their form.
  ...formatBeginnings.map(exactly),
  ...textKeywords.map(literal),
  ...['bearer', 'basic'].map((scheme) => [...literal(scheme), oneOf(' +%\\')]),
  ...['"-u"', '=-u', '--user', 'chpasswd'].map(literal),
  // Paths of JSON Patch.
  ...['/env/', '/env\\'].map(literal),
  // What is looked into by its name.
  ...['base64', 'userdata', 'kubeconfig', 'generatorstate', 'accesskeyid', 'assertion', 'startupsecrets'].map(
    literal,
  ),
  [...literal('"fake'), oneOf('"\\s')],
  // Any unit of a keyword may be written as an escape of JSON, or in a URI. The apiserver writes `\\u0026`, `\\u003c`, `\\u003e`.
  ...['\\u00', '%'].flatMap((escape) => ['4', '5', '6', '7'].map((digit) => literal(`${escape}${digit}`))),
  [...literal('\\u002'), once((byte) => byte !== 0x36)],
  [...literal('\\u003'), oneOf('0123456789abAB')],
  [...literal('%3'), oneOf('0123456789')],
  ...['%2f%2f', '%3a/', ':%2f', ':/%2f', 'data%3a', '%24', '%2d', '%2e'].map(literal),
];

/** What an apiserver writes into many lines, and which is no secret's name. */
const exempt: readonly Pattern[] = [
  literal('"apiserver.latency.k8s.io/authorization"'),
  literal('"subresource":"token"'),
  literal('{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"'),
];

/** Made when it is first asked: not every command redacts. */
let gate: ByteAutomaton | undefined;

/** Whether a rule may find something in an event. Most lines pay for this one scan alone. */
export function mayHoldSecret(line: Uint8Array): boolean {
  gate ??= new ByteAutomaton(patterns, exempt);
  return gate.isIn(line);
}
