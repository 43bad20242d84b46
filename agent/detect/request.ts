import { isIP } from 'node:net';
import { isFields, sourceAddress } from '../event/index.ts';
import type { AuditEvent } from '../event/index.ts';

/** Of a request: arguments that are looked at. A client sends any number. */
const argumentsMax = 256;

/** Verbs that change something; the others read, or are of no resource. */
const changing: ReadonlySet<unknown> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const reading: ReadonlySet<unknown> = new Set(['get', 'list', 'watch']);

export function isChange(verb: unknown): boolean {
  return changing.has(verb);
}

export function isRead(verb: unknown): boolean {
  return reading.has(verb);
}

/** What was run in a container: the decoded values of `command=` of exec's URI, in order. */
export function execArguments({ objectRef, requestURI }: AuditEvent): string[] {
  if (!isFields(objectRef) || objectRef['subresource'] !== 'exec' || typeof requestURI !== 'string')
    return [];
  const mark = requestURI.indexOf('?');
  if (mark < 0) return [];
  const found: string[] = [];
  for (const parameter of requestURI.slice(mark + 1).split('&')) {
    const equals = parameter.indexOf('=');
    if (equals < 0 || decoded(parameter.slice(0, equals)) !== 'command') continue;
    found.push(decoded(parameter.slice(equals + 1)));
    if (found.length === argumentsMax) break;
  }
  return found;
}

/** As Go's url.ParseQuery decodes it, but that what it refuses stays as it is. */
function decoded(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** The path of a request's URI, without the query. */
export function pathOf(requestURI: unknown): string {
  if (typeof requestURI !== 'string') return '';
  const mark = requestURI.indexOf('?');
  return mark < 0 ? requestURI : requestURI.slice(0, mark);
}

/** Tools that look for ways into a cluster, as their user agents name them, in lower case. */
export const attackTools: readonly string[] = [
  'access_matrix',
  'kdigger',
  'kube-hunter',
  'kubeletctl',
  'kubesploit',
  'masscan',
  'nmap',
  'nuclei',
  'peirates',
  'rakkess',
  'sqlmap',
  'stratus-red-team',
  'trufflehog',
  'zgrab',
];

/** What a client calls itself. */
interface Client {
  readonly tool: string;
  readonly isAttackTool: boolean;
}

/** User agents whose clients are remembered: a cluster has some hundred, and a client may send any number. */
const clientsMax = 1024;
const clients = new Map<string, Client>();

function clientOf(userAgent: string): Client {
  let client = clients.get(userAgent);
  if (client !== undefined) return client;
  const end = /[/ ;(]/u.exec(userAgent)?.index ?? userAgent.length;
  const lower = userAgent.toLowerCase();
  client = {
    tool: lower.slice(0, Math.min(end, 64)),
    isAttackTool: attackTools.some((name) => lower.includes(name)),
  };
  if (userAgent.length > 512) return client;
  if (clients.size >= clientsMax) clients.clear();
  clients.set(userAgent, client);
  return client;
}

/** The first word of a user agent, in lower case: `kubectl`, `python-requests`. */
export function toolOf(userAgent: unknown): string {
  return typeof userAgent === 'string' ? clientOf(userAgent).tool : '';
}

export function isAttackTool(userAgent: unknown): boolean {
  return typeof userAgent === 'string' && clientOf(userAgent).isAttackTool;
}

/** The other end of a connection. */
export interface Peer {
  /** "" if there is none. */
  readonly address: string;
  readonly isPublic: boolean;
  readonly isLoopback: boolean;
}

const nobody: Peer = { address: '', isPublic: false, isLoopback: false };

/** Lists of addresses are shared between events that have the same text there. */
const peers = new WeakMap<object, Peer>();

/** The last of `sourceIPs`. Those before it come from headers, which a client writes. */
export function peerOf(sourceIPs: unknown): Peer {
  if (!Array.isArray(sourceIPs)) return nobody;
  let peer = peers.get(sourceIPs);
  if (peer === undefined) peers.set(sourceIPs, (peer = peerAt(sourceIPs.at(-1))));
  return peer;
}

function peerAt(item: unknown): Peer {
  const address = sourceAddress(item);
  if (address === undefined) return nobody;
  return { address, isPublic: isPublic(address), isLoopback: isLoopback(address) };
}

/** An address of the internet: none of RFC 1918, 3927, 4193, 4291, 6598, nor the loopback. */
function isPublic(address: string): boolean {
  const four = address.toLowerCase().startsWith('::ffff:') ? address.slice(7) : address;
  if (isIP(four) === 4) return isPublicFour(four);
  return !/^(?:::1?$|f[cd]|fe[89ab]|ff)/iu.test(address);
}

function isPublicFour(address: string): boolean {
  const [a, b] = address.split('.').map(Number) as [number, number];
  if (a === 10 || a === 127 || a === 0 || a >= 224) return false;
  if (a === 172) return b < 16 || b > 31;
  if (a === 192) return b !== 168;
  if (a === 169) return b !== 254;
  return a !== 100 || b < 64 || b > 127;
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}
