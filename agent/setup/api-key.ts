import { z } from 'zod';
import { messageOf } from '../error.ts';
import { request, ElasticsearchError } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { roleOf } from './access.ts';
import type { Access } from './access.ts';
import { describeResults } from '../check-result.ts';
import { checkKey } from './check-key.ts';
import type { KeyCheck } from './check-key.ts';
import type { AdminSession } from './admin-session.ts';
import { SetupError } from './error.ts';
import { exists, KeyFile } from './key-file.ts';

export interface KeyPlan {
  access: Access;
  namespace: string;
  /** Where the key goes, encoded as `apiKeyFile` wants it. */
  file: string;
  /** An Elasticsearch time value, `90d`; undefined: it never expires. */
  expiration: string | undefined;
  /** Make another although there is one. */
  rotate: boolean;
  /** After that, make the earlier ones invalid. */
  revokeOld: boolean;
  writeIndices: ReadonlyMap<string, string>;
  /** A client with the key of a file. */
  connect: (file: string) => Promise<ElasticsearchClient>;
}

/** GET _security/api_key. Times are in milliseconds. */
const foundKeys = z.object({
  api_keys: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      creation: z.number(),
      expiration: z.number().nullish(),
      invalidated: z.boolean(),
      username: z.string(),
    }),
  ),
});
type FoundKey = z.infer<typeof foundKeys>['api_keys'][number];

const madeKey = z.object({ id: z.string().min(1), encoded: z.string().min(1) });
const ownIdentity = z.object({ api_key: z.object({ id: z.string() }) });

/**
 * Sees to it that a key of this name is in the file and may do what it is for and nothing else; a second is only made when
 * `rotate` says so. Returns once that was tried out with that very key. Throws SetupError and ElasticsearchError.
 */
export async function provideKey(session: AdminSession, plan: KeyPlan): Promise<void> {
  const { access, file, rotate } = plan;
  const valid = await validKeys(session, access.name);
  const filled = await exists(file);
  if (rotate || (valid.length === 0 && !filled)) return await makeKey(session, plan, valid);
  if (valid.length === 0)
    throw new SetupError(
      'key-file',
      `${file} holds something, but no valid key ${access.name} exists. Give another --output-key-file, or have it replaced with --rotate-key`,
    );
  if (!filled)
    throw new SetupError(
      'key-exists',
      `a key ${access.name} exists already (${valid.map(describe).join('; ')}), and its secret cannot be read again. Give the file that ` +
        'has it, or make another with --rotate-key (agents with the old one go on until it is revoked)',
    );
  await keepKey(session, plan, valid);
}

async function validKeys(session: AdminSession, name: string): Promise<FoundKey[]> {
  const path = '/_security/api_key';
  const answer = await session.look({
    method: 'GET',
    path,
    query: { name, active_only: 'true' },
    expect: [404],
  });
  if (answer.status === 404) return [];
  const { data } = foundKeys.safeParse(answer.body);
  if (!data) throw new SetupError('bad-response', `GET ${path}: not an answer of Elasticsearch`);
  // The name may be taken for a pattern.
  return data.api_keys.filter((key) => key.name === name && !key.invalidated);
}

const day = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 10);

function describe({ id, username, creation, expiration }: FoundKey): string {
  return `id ${id}, of ${username}, made ${day(creation)}, ${expiration ? `expires ${day(expiration)}` : 'never expires'}`;
}

async function keepKey(session: AdminSession, plan: KeyPlan, valid: readonly FoundKey[]): Promise<void> {
  const { access, file } = plan;
  const client = await plan.connect(file);
  try {
    const path = '/_security/_authenticate';
    const { body } = await request(client, { method: 'GET', path, signal: session.signal });
    const id = ownIdentity.safeParse(body).data?.api_key.id;
    const own = valid.find((key) => key.id === id);
    if (!own) throw otherKey(plan, valid);
    await requireFit({ ...plan, client, signal: session.signal });
    session.note(
      `key ${access.name} in ${file}: unchanged (${describe(own)}), checked: it ${access.purpose}, nothing else`,
    );
  } catch (error) {
    if (error instanceof ElasticsearchError && error.status === 401) throw otherKey(plan, valid);
    throw error;
  } finally {
    await client.close();
  }
}

function otherKey({ access, file }: KeyPlan, valid: readonly FoundKey[]): SetupError {
  return new SetupError(
    'key-file',
    `${file} holds no valid key of ${access.name} (there is: ${valid.map(describe).join('; ')}). Give the file that has it, or make another with --rotate-key`,
  );
}

async function makeKey(session: AdminSession, plan: KeyPlan, before: readonly FoundKey[]): Promise<void> {
  const { access, namespace, expiration } = plan;
  const wanted = {
    method: 'POST' as const,
    path: '/_security/api_key',
    body: {
      name: access.name,
      ...(expiration !== undefined && { expiration }),
      role_descriptors: { [access.name]: roleOf(access) },
      metadata: { managed_by: 'auditseal', namespace },
    },
  };
  if (session.dryRun) await session.change(wanted);
  else await makeAndCheck(session, plan, wanted);
  if (before.length > 0) await leaveOld(session, plan, before);
  session.done(`key ${access.name}: made and checked: it ${access.purpose}, nothing else`);
}

async function makeAndCheck(
  session: AdminSession,
  plan: KeyPlan,
  wanted: Parameters<AdminSession['change']>[0],
): Promise<void> {
  await using file = await KeyFile.create(plan.file);
  // Not printed where it does not fit: it may hold the secret.
  const { data } = madeKey.safeParse((await session.change(wanted)).body);
  if (!data) throw new SetupError('bad-response', `${wanted.method} ${wanted.path}: no key in the answer`);
  try {
    await file.write(data.encoded);
    const client = await plan.connect(file.temporaryPath);
    try {
      await requireFit({ ...plan, client, signal: session.signal });
    } finally {
      await client.close();
    }
    await file.keep();
  } catch (error) {
    await withdraw(session, data.id);
    throw error;
  }
}

/** Throws SetupError `key-unfit` with all that is wrong. */
async function requireFit(check: KeyCheck): Promise<void> {
  const result = await checkKey(check);
  if (result.state === 'problem') throw new SetupError('key-unfit', describeResults([result]));
}

/** Makes a key invalid that nobody is to have. Not with the session's signal: an abort may be the reason. */
async function withdraw(session: AdminSession, id: string): Promise<void> {
  const body = { ids: [id] };
  await request(session.client, { method: 'DELETE', path: '/_security/api_key', body }).catch(
    (error: unknown) =>
      session.note(`the new key ${id} could not be made invalid (${messageOf(error)}): do it by hand`),
  );
}

async function leaveOld(session: AdminSession, plan: KeyPlan, old: readonly FoundKey[]): Promise<void> {
  const ids = old.map(({ id }) => id);
  if (plan.revokeOld) {
    await invalidate(session, ids);
    session.done(
      `key ${plan.access.name}: ${ids.join(', ')} revoked; agents that still have it keep their batches and wait`,
    );
    return;
  }
  session.note(
    `key ${plan.access.name}: earlier ones are still valid: ${old.map(describe).join('; ')}. When all agents have the new one, ` +
      `revoke them: DELETE /_security/api_key {"ids":${JSON.stringify(ids)}}`,
  );
}

async function invalidate(session: AdminSession, ids: readonly string[]): Promise<void> {
  await session.change({ method: 'DELETE', path: '/_security/api_key', body: { ids } });
}
