import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch } from 'undici';
import type { Dispatcher, Response } from 'undici';
import { z } from 'zod';
import { messageOf } from '../error.ts';
import { isFields } from '../event/index.ts';
import type { Entry } from '../identity/index.ts';
import { parseBounded } from '../json/index.ts';
import { DirectoryError } from './error.ts';
import { entryOf, Entries, mappingOf } from './mapping.ts';
import type { DirectorySettings } from './schema.ts';
import { secretIn, trustOf } from './tls.ts';

/** Of one page: 10,000 users of 2 kB. */
const bounds = { bytesMax: 32 * 1024 * 1024, valuesMax: 4_000_000 };
/** A server that is asked too often says for how long to wait; longer than this it can wait for the next refresh. */
const waitSecondsMax = 300;
const attemptsMax = 5;
/** Each time that users came or went while pages were read, it is begun anew. */
const roundsMax = 3;

/** RFC 7644 §3.4.2. Of the members not named here nothing is needed. */
const listSchema = z.object({
  totalResults: z.int().min(0),
  Resources: z.array(z.record(z.string(), z.unknown())).default([]),
});

interface Session {
  readonly settings: DirectorySettings;
  readonly token: string | undefined;
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
}

/**
 * All users of a SCIM 2.0 service provider, page after page (RFC 7644 §3.4.2.4). Where the number of users changes meanwhile, pages may have moved, and it
 * is begun anew. Throws DirectoryError.
 */
export async function readScim(settings: DirectorySettings, signal: AbortSignal): Promise<readonly Entry[]> {
  const { caFile, tokenFile, url } = settings.scim!;
  const token = tokenFile === undefined ? undefined : await secretIn(tokenFile, 'tokenFile');
  const connect = await trustOf(caFile);
  const dispatcher = new Agent({ connect: { ...connect, timeout: settings.requestSeconds * 1000 } });
  try {
    for (let round = 1; round <= roundsMax; round += 1) {
      const entries = await readAll({ settings, token, dispatcher, signal });
      if (entries !== undefined) return entries;
    }
    throw new DirectoryError('bad-response', `${url} has another number of users with each page`);
  } finally {
    await dispatcher.destroy();
  }
}

/** Undefined where the number of users changed. */
async function readAll(session: Session): Promise<readonly Entry[] | undefined> {
  const { settings } = session;
  const mapping = mappingOf(settings);
  const entries = new Entries(settings);
  let read = 0;
  let total: number | undefined;
  for (;;) {
    const page = await readPage(session, read + 1);
    if (total !== undefined && page.totalResults !== total) return undefined;
    total = page.totalResults;
    for (const user of page.Resources)
      entries.add(entryOf((attribute) => valuesAt(user, attribute), mapping));
    read += page.Resources.length;
    if (read >= total) return entries.all;
    // A server may give fewer than it was asked for, but never none of those that are left.
    if (page.Resources.length === 0)
      throw new DirectoryError(
        'bad-response',
        `${settings.scim!.url} gives ${read} of ${total} users, and no more`,
      );
  }
}

/**
 * All attributes: of a list of wanted ones, servers do not agree how those of extensions are written.
 *
 * @param startIndex of the first user, from 1
 */
async function readPage(session: Session, startIndex: number): Promise<z.output<typeof listSchema>> {
  const { url: base, filter, pageSize } = session.settings.scim!;
  const url = new URL(`${base.replace(/\/+$/u, '')}/Users`);
  url.searchParams.set('startIndex', String(startIndex));
  url.searchParams.set('count', String(pageSize));
  if (filter !== undefined) url.searchParams.set('filter', filter);
  const { data } = listSchema.safeParse(parseBounded(await bodyOf(session, url), bounds));
  if (data) return data;
  throw new DirectoryError('bad-response', `GET ${base}/Users: no list of users as SCIM 2.0 has it`);
}

/** `urn:…:User:` before the name of an attribute of an extension, colon included. */
function urnOf(path: string): string {
  return path.startsWith('urn:') ? path.slice(0, path.lastIndexOf(':') + 1) : '';
}

async function bodyOf(session: Session, url: URL): Promise<Buffer> {
  const { signal } = session;
  const what = `GET ${url.origin}${url.pathname}`;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask(session, url, what);
    if (answer.ok) return await readBody(answer, what);
    await answer.body?.cancel();
    if (answer.status === 401 || answer.status === 403)
      throw new DirectoryError(
        'refused',
        `${what}: ${answer.status}: look at tokenFile and at what the token may read`,
      );
    const wait = waitOf(answer, attempt);
    if (wait === undefined || attempt >= attemptsMax)
      throw new DirectoryError('bad-response', `${what}: the server answers ${answer.status}`);
    await sleep(wait * 1000, undefined, { signal });
  }
}

async function ask(
  { settings, token, dispatcher, signal }: Session,
  url: URL,
  what: string,
): Promise<Response> {
  try {
    return await fetch(url, {
      dispatcher,
      // The token must not go wherever an answer points.
      redirect: 'error',
      headers: {
        accept: 'application/scim+json, application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(settings.requestSeconds * 1000)]),
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw new DirectoryError('unreachable', `${what}: ${reasonOf(cause)}`, { cause });
  }
}

/** What undici says is `fetch failed`; why is in its cause. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return messageOf(inner);
}

/** Seconds to wait before the next try; undefined where none would help. */
function waitOf({ status, headers }: Response, attempt: number): number | undefined {
  if (status !== 429 && status < 500) return undefined;
  const after = headers.get('retry-after');
  if (after === null) return 2 ** attempt;
  const seconds = /^\d+$/u.test(after) ? Number(after) : (Date.parse(after) - Date.now()) / 1000;
  if (Number.isNaN(seconds)) return 2 ** attempt;
  return seconds <= waitSecondsMax ? Math.max(0, seconds) : undefined;
}

async function readBody(answer: Response, what: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > bounds.bytesMax)
        throw new DirectoryError(
          'too-large',
          `${what}: a page of more than ${bounds.bytesMax} bytes: lower pageSize`,
        );
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof DirectoryError) throw cause;
    throw new DirectoryError('unreachable', `${what}: the answer broke off: ${reasonOf(cause)}`, { cause });
  }
  return Buffer.concat(chunks);
}

/** The values at a path (RFC 7644 §3.10): `emails.value`, `urn:…:User:manager.displayName`. Of several the primary one is first. */
function valuesAt(user: Readonly<Record<string, unknown>>, path: string): unknown[] {
  const urn = urnOf(path);
  const holder = urn === '' ? user : memberIn(user, urn.slice(0, -1));
  let values: unknown[] = [holder];
  for (const name of path.slice(urn.length).split('.'))
    values = values.flatMap((value) => {
      const member = memberIn(value, name);
      return Array.isArray(member) ? primaryFirst(member) : member === undefined ? [] : [member];
    });
  return values;
}

function primaryFirst(values: readonly unknown[]): unknown[] {
  return [...values.filter((value) => isPrimary(value)), ...values.filter((value) => !isPrimary(value))];
}

function isPrimary(value: unknown): boolean {
  return isFields(value) && value['primary'] === true;
}

/** Names of attributes are not told apart by case (RFC 7643 §2.1). */
function memberIn(value: unknown, name: string): unknown {
  if (!isFields(value)) return undefined;
  if (Object.hasOwn(value, name)) return value[name];
  const lower = name.toLowerCase();
  return Object.entries(value).find(([key]) => key.toLowerCase() === lower)?.[1];
}
