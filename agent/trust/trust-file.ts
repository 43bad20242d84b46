import { rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { messageOf } from '../error.ts';
import { fileBytesMax, InputError, parseJsonObject, readHashedTextFile } from '../input/index.ts';
import { parseOrigin, parseVerifierKey, SealError } from '../seal/index.ts';
import { trustSchema } from './schema.ts';
import type { TrustFile } from './schema.ts';
import { TrustError } from './error.ts';

/** Reads a trust file. Throws TrustError `trust-file` naming the member that is wrong. */
export async function readTrust(file: string): Promise<TrustFile> {
  return (await readHashedTrust(file)).trust;
}

/** As {@link readTrust}, with the hex SHA-256 of the file's bytes. */
export async function readHashedTrust(file: string): Promise<{ trust: TrustFile; sha256: string }> {
  const read = await readIfPresent(file);
  if (!read)
    throw new TrustError(
      'trust-file',
      `${file} does not exist; make one with: auditseal trust add --trust ${file} VKEY`,
    );
  return read;
}

/** Origins of the logs' keys. */
export function trustedOrigins({ logs }: TrustFile): string[] {
  return logs.map(({ vkey }) => parseVerifierKey(vkey).name);
}

/** Names of the keys of operators and erasers, each once. */
export function operatorNames({ operators, erasers }: TrustFile): string[] {
  return [...new Set([...operators, ...erasers].map((vkey) => parseVerifierKey(vkey).name))];
}

export interface AddedKey {
  /** `<cluster>/<node>/<source>`. */
  name: string;
  vkey: string;
  outcome: 'added' | 'replaced' | 'already there';
}

/**
 * What becomes of a log that the file has already: it is an error, the new key takes the place of the old ones, or it is
 * beside them, for an epoch that nothing links to the ones before.
 */
export type OfHeldLog = 'refuse' | 'replace' | 'beside';

/**
 * Adds keys to a trust file, which is made if there is none and is never seen half written. Throws TrustError
 * `trust-file`, without having changed anything, on what is no vkey and on a second key for a log unless `held` allows it.
 */
export async function addTrust(file: string, vkeys: readonly string[], held: OfHeldLog): Promise<AddedKey[]> {
  return await change(file, (trust) => vkeys.map((vkey) => addKey(trust, vkey, held)));
}

/** What a person's key is trusted for: to excuse findings, or to take events away. */
export type Role = 'operators' | 'erasers';

/** Adds keys of persons to a trust file, as {@link addTrust} adds logs'. Throws TrustError `trust-file`. */
export async function addPersons(file: string, vkeys: readonly string[], role: Role): Promise<AddedKey[]> {
  const name = role === 'operators' ? 'operator' : 'eraser';
  return await change(file, (trust) =>
    vkeys.map((vkey) => {
      if (trust[role].includes(vkey)) return { name, vkey, outcome: 'already there' };
      trust[role].push(vkey);
      const { error } = trustSchema.safeParse(trust);
      if (error) throw new TrustError('trust-file', error.issues.map(({ message }) => message).join('; '));
      return { name, vkey, outcome: 'added' };
    }),
  );
}

async function change(file: string, add: (trust: TrustFile) => AddedKey[]): Promise<AddedKey[]> {
  const trust = (await readIfPresent(file))?.trust ?? { v: 1 as const, logs: [], operators: [], erasers: [] };
  const added = add(trust);
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(trust, undefined, 2)}\n`, { flush: true, flag: 'wx' });
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new TrustError('trust-file', `${file} cannot be written: ${messageOf(cause)}`, { cause });
  }
  return added;
}

function addKey(trust: TrustFile, vkey: string, ofHeld: OfHeldLog): AddedKey {
  const { cluster, node, source } = logOf(vkey);
  const name = `${cluster}/${node}/${source}`;
  const same = (log: TrustFile['logs'][number]) =>
    log.cluster === cluster && log.node === node && log.source === source;
  const held = trust.logs.filter(same);
  if (held.some((log) => log.vkey === vkey)) return { name, vkey, outcome: 'already there' };
  if (held.length > 0 && ofHeld === 'refuse')
    throw new TrustError(
      'trust-file',
      `${name} is already trusted from ${held[0]!.vkey} on; if its state was lost for a reason that you know, repeat with --beside (the old epochs stay trusted) or with --replace`,
    );
  const replaced = ofHeld === 'replace' && held.length > 0;
  if (replaced) trust.logs = trust.logs.filter((log) => !same(log));
  trust.logs.push({ cluster, node, source, vkey });
  return { name, vkey, outcome: replaced ? 'replaced' : 'added' };
}

function logOf(vkey: string) {
  try {
    return parseOrigin(parseVerifierKey(vkey).name);
  } catch (cause) {
    if (cause instanceof SealError) throw new TrustError('trust-file', cause.message, { cause });
    throw cause;
  }
}

async function readIfPresent(file: string): Promise<{ trust: TrustFile; sha256: string } | undefined> {
  let value: unknown;
  let sha256: string;
  try {
    const read = await readHashedTextFile(file, fileBytesMax.trust);
    ({ sha256 } = read);
    value = parseJsonObject(read.text);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    if (cause.code === 'absent') return undefined;
    throw new TrustError('trust-file', `${file} ${cause.message}`, { cause });
  }
  const result = trustSchema.safeParse(value);
  if (result.success) return { trust: result.data, sha256 };
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || '(file)'}: ${message}`,
  );
  throw new TrustError('trust-file', `${file} is not a trust file of version 1: ${problems.join('; ')}`);
}
