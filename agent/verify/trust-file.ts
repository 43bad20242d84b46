import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { parseOrigin, parseVerifierKey, SealError } from '../seal/index.ts';
import { trustSchema, type Trust } from '../seal/verify/index.ts';
import { VerifyError } from './error.ts';

/** Reads a trust file. Throws VerifyError `trust-file` naming the member that is wrong. */
export async function readTrust(file: string): Promise<Trust> {
  const trust = await readIfPresent(file);
  if (!trust)
    throw new VerifyError(
      'trust-file',
      `${file} does not exist; make one with: auditseal trust add --trust ${file} VKEY`,
    );
  return trust;
}

export interface AddedKey {
  /** `<cluster>/<node>/<source>`. */
  name: string;
  vkey: string;
  outcome: 'added' | 'replaced' | 'already there';
}

/**
 * Adds keys to a trust file, which is made if there is none and is never seen half written. Throws VerifyError
 * `trust-file`, without having changed anything, on what is no vkey and on a second key for a log unless `replace`.
 */
export async function addTrust(
  file: string,
  vkeys: readonly string[],
  replace: boolean,
): Promise<AddedKey[]> {
  const trust = (await readIfPresent(file)) ?? { v: 1 as const, logs: [], operators: [] };
  const added = vkeys.map((vkey) => addKey(trust, vkey, replace));
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(trust, undefined, 2)}\n`, { flush: true, flag: 'wx' });
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new VerifyError('trust-file', `${file} cannot be written: ${messageOf(cause)}`, { cause });
  }
  return added;
}

function addKey(trust: Trust, vkey: string, replace: boolean): AddedKey {
  const { cluster, node, source } = logOf(vkey);
  const name = `${cluster}/${node}/${source}`;
  const same = (log: Trust['logs'][number]) =>
    log.cluster === cluster && log.node === node && log.source === source;
  const held = trust.logs.filter(same);
  if (held.some((log) => log.vkey === vkey)) return { name, vkey, outcome: 'already there' };
  if (held.length > 0 && !replace)
    throw new VerifyError(
      'trust-file',
      `${name} is already trusted from ${held[0]!.vkey} on; if its state was lost for a reason that you know, repeat with --replace`,
    );
  trust.logs = [...trust.logs.filter((log) => !same(log)), { cluster, node, source, vkey }];
  return { name, vkey, outcome: held.length > 0 ? 'replaced' : 'added' };
}

function logOf(vkey: string) {
  try {
    return parseOrigin(parseVerifierKey(vkey).name);
  } catch (cause) {
    if (cause instanceof SealError) throw new VerifyError('trust-file', cause.message, { cause });
    throw cause;
  }
}

async function readIfPresent(file: string): Promise<Trust | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new VerifyError('trust-file', `${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
  const result = trustSchema.safeParse(parse(file, text));
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || '(file)'}: ${message}`,
  );
  throw new VerifyError('trust-file', `${file} is not a trust file of version 1: ${problems.join('; ')}`);
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new VerifyError('trust-file', `${file} is not JSON: ${messageOf(cause)}`, { cause });
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
