import { lookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, isIP } from 'node:net';
import type { LookupFunction, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { callbackify } from 'node:util';
import type { HttpProxy } from './proxy.ts';
import { noTrust, verified } from './tls-trust.ts';
import type { TlsTrust } from './tls-trust.ts';

/** How the message begins where nothing can have been sent: the client's transport passes on nothing of an error but its message. */
export const noConnection = 'no connection to ';

/** Without an answer to a connection for so long, the node counts as away. */
const connectMillisecondsMax = 10_000;

export interface Target {
  hostname: string;
  port: string;
  protocol: string;
}

/**
 * How connections to Elasticsearch are made: through a proxy if there is one, and over TLS only to whoever `trust` accepts.
 * In the place of undici's own connector, which knows neither proxies nor a fingerprint that is safe to pin (see TlsTrust).
 */
export function connectorOf(trust: TlsTrust, proxy: HttpProxy | undefined, isAllowed?: IsAllowed) {
  return callbackify(async ({ hostname, port, protocol }: Target) => {
    const target = { hostname, protocol, port: port || (protocol === 'https:' ? '443' : '80') };
    return await open(target, trust, proxy, isAllowed);
  });
}

/**
 * Whether a connection to an address may be made. It is asked of what a name leads to, when the connection is made: a name that leads
 * elsewhere the next time gains nothing. Through a proxy, of an address in the URL alone: names are the proxy's to look up.
 */
export type IsAllowed = (address: string) => boolean;

async function open(
  target: Target,
  trust: TlsTrust,
  proxy: HttpProxy | undefined,
  isAllowed: IsAllowed | undefined,
): Promise<Socket | TLSSocket> {
  const raw = () => openTcp(target, proxy, isAllowed);
  if (target.protocol !== 'https:') return await raw();
  const ca = await trust.ca(async (options) => await openTls(target, await raw(), options));
  return await openTls(target, await raw(), ca);
}

async function openTcp(
  target: Target,
  proxy: HttpProxy | undefined,
  isAllowed: IsAllowed | undefined,
): Promise<Socket> {
  const host = bare(target.hostname);
  if (isIP(host) !== 0 && isAllowed?.(host) === false) throw notAllowed(host);
  const socket = proxy ? await tunnel(target, proxy) : await connected(target, isAllowed);
  // Until somebody else listens: an error that nobody hears would end the process.
  socket.on('error', () => undefined);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  return socket;
}

function connected({ hostname, port }: Target, isAllowed: IsAllowed | undefined): Promise<Socket> {
  const guard = isAllowed && { lookup: guarded(isAllowed) };
  const socket = connectTcp({ host: bare(hostname), port: Number(port), ...guard });
  return settled(socket, 'connect', `${noConnection}${hostname}:${port}`);
}

/** What a name leads to, without the addresses that no connection may be made to. */
function guarded(isAllowed: IsAllowed): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '', 0);
      const allowed = found.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (first === undefined) return callback(notAllowed(hostname), '', 0);
      return options.all ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}

function notAllowed(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} leads to no address that may be connected to`), {
    code: addressNotAllowed,
  });
}

/** The code of the error for an address that may not be connected to, or of its cause. */
export const addressNotAllowed = 'ADDRESS_NOT_ALLOWED';

/** RFC 9110 §9.3.6. The tunnel is for http, too: the proxy then sees nothing but bytes, as it does for https. */
async function tunnel({ hostname, port }: Target, proxy: HttpProxy): Promise<Socket> {
  const authority = `${hostname}:${port}`;
  const authorization = await proxy.authorization();
  const send = proxy.url.protocol === 'https:' ? httpsRequest : httpRequest;
  const where = `${noConnection}${authority} through the proxy ${proxy.url.host}`;
  const request = send({
    host: bare(proxy.url.hostname),
    port: proxy.url.port,
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      ...(authorization !== undefined && { 'proxy-authorization': authorization }),
    },
    agent: false,
    ...verified(),
  });
  return await new Promise((resolve, reject) => {
    const limit = setTimeout(() => request.destroy(new Error('no answer')), connectMillisecondsMax);
    request.once('error', (cause) => reject(new Error(`${where}: ${describe(cause)}`, { cause })));
    request.once('close', () => clearTimeout(limit));
    request.once('response', (response) => {
      response.destroy();
      reject(new Error(`${where}: it answered ${response.statusCode} without a tunnel`));
    });
    request.once('connect', ({ statusCode = 0 }, socket: Duplex, head: Buffer) => {
      clearTimeout(limit);
      if (statusCode !== 200) {
        socket.destroy();
        const hint = statusCode === 407 ? '; see elasticsearch.proxyUsername and proxyPasswordFile' : '';
        return reject(new Error(`${where}: it answered ${statusCode} to CONNECT${hint}`));
      }
      if (head.length > 0) socket.unshift(head);
      return resolve(socket as Socket);
    });
    request.end();
  });
}

function openTls(target: Target, socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  const host = bare(target.hostname);
  const tls = connectTls({
    ...verified(),
    ...options,
    socket,
    host,
    // Not for addresses (RFC 6066 §3); their certificate is checked against `host`.
    ...(isIP(host) === 0 && { servername: host }),
    ALPNProtocols: ['http/1.1'],
  });
  return settled(tls, 'secureConnect', `${noTrust}${target.hostname}:${target.port}`);
}

/** The socket once `event` has come; an error that begins with `where` if it does not. */
function settled<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', where: string): Promise<S> {
  return new Promise((resolve, reject) => {
    const late = new Error(`no answer in ${connectMillisecondsMax / 1000} s`);
    const limit = setTimeout(() => socket.destroy(late), connectMillisecondsMax);
    const fail = (cause: Error) => {
      clearTimeout(limit);
      reject(new Error(`${where}: ${describe(cause)}`, { cause }));
    };
    const closed = () => fail(new Error('the connection was closed'));
    socket.once('error', fail);
    socket.once('close', closed);
    socket.once(event, () => {
      clearTimeout(limit);
      socket.on('error', () => undefined);
      socket.off('error', fail).off('close', closed);
      resolve(socket);
    });
  });
}

function describe(cause: Error): string {
  // One for each address of the host.
  if (cause instanceof AggregateError) return cause.errors.map(String).join('; ');
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return `${cause.message.trim()} (does it speak plain HTTP at this port?)`;
  return cause.message;
}

/** `[::1]` as a URL writes it. */
function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
