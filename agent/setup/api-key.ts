import { z } from 'zod';
import { messageOf } from '../error.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { request, ElasticsearchError } from '../elasticsearch/index.ts';
import { roleOf } from './access.ts';
import type { Access } from './access.ts';
import { checkKey } from './check-key.ts';
import type { Conversation } from './conversation.ts';
import { SetupError } from './error.ts';
import { exists, KeyFile } from './key-file.ts';

export interface KeyWish {
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
export async function provideKey(conversation: Conversation, wish: KeyWish): Promise<void> {
  const { access, file, rotate } = wish;
  const valid = await validKeys(conversation, access.name);
  const filled = await exists(file);
  if (rotate || (valid.length === 0 && !filled)) return await makeKey(conversation, wish, valid);
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
  await keepKey(conversation, wish, valid);
}

async function validKeys(conversation: Conversation, name: string): Promise<FoundKey[]> {
  const path = '/_security/api_key';
  const answer = await conversation.look({
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

async function keepKey(conversation: Conversation, wish: KeyWish, valid: readonly FoundKey[]): Promise<void> {
  const { access, file } = wish;
  const client = await wish.connect(file);
  try {
    const path = '/_security/_authenticate';
    const { body } = await request(client, { method: 'GET', path, signal: conversation.signal });
    const id = ownIdentity.safeParse(body).data?.api_key.id;
    const own = valid.find((key) => key.id === id);
    if (!own) throw otherKey(wish, valid);
    await checkKey({ ...wish, client, signal: conversation.signal });
    conversation.note(
      `key ${access.name} in ${file}: unchanged (${describe(own)}), checked: it ${access.purpose}, nothing else`,
    );
  } catch (error) {
    if (error instanceof ElasticsearchError && error.status === 401) throw otherKey(wish, valid);
    throw error;
  } finally {
    await client.close();
  }
}

function otherKey({ access, file }: KeyWish, valid: readonly FoundKey[]): SetupError {
  return new SetupError(
    'key-file',
    `${file} holds no valid key of ${access.name} (there is: ${valid.map(describe).join('; ')}). Give the file that has it, or make another with --rotate-key`,
  );
}

async function makeKey(
  conversation: Conversation,
  wish: KeyWish,
  before: readonly FoundKey[],
): Promise<void> {
  const { access, namespace, expiration } = wish;
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
  if (conversation.dryRun) await conversation.change(wanted);
  else await makeAndCheck(conversation, wish, wanted);
  if (before.length > 0) await leaveOld(conversation, wish, before);
  conversation.done(`key ${access.name}: made and checked: it ${access.purpose}, nothing else`);
}

async function makeAndCheck(
  conversation: Conversation,
  wish: KeyWish,
  wanted: Parameters<Conversation['change']>[0],
): Promise<void> {
  await using file = await KeyFile.create(wish.file);
  // Not printed where it does not fit: it may hold the secret.
  const { data } = madeKey.safeParse((await conversation.change(wanted)).body);
  if (!data) throw new SetupError('bad-response', `${wanted.method} ${wanted.path}: no key in the answer`);
  try {
    await file.write(data.encoded);
    const client = await wish.connect(file.temporaryPath);
    try {
      await checkKey({ ...wish, client, signal: conversation.signal });
    } finally {
      await client.close();
    }
    await file.keep();
  } catch (error) {
    await withdraw(conversation, data.id);
    throw error;
  }
}

/** A key that nobody is to have. Not with the conversation's signal: it may be the reason. */
async function withdraw(conversation: Conversation, id: string): Promise<void> {
  const body = { ids: [id] };
  await request(conversation.client, { method: 'DELETE', path: '/_security/api_key', body }).catch(
    (error: unknown) =>
      conversation.note(`the new key ${id} could not be made invalid (${messageOf(error)}): do it by hand`),
  );
}

async function leaveOld(conversation: Conversation, wish: KeyWish, old: readonly FoundKey[]): Promise<void> {
  const ids = old.map(({ id }) => id);
  if (wish.revokeOld) {
    await invalidate(conversation, ids);
    conversation.done(
      `key ${wish.access.name}: ${ids.join(', ')} revoked; agents that still have it keep their batches and wait`,
    );
    return;
  }
  conversation.note(
    `key ${wish.access.name}: earlier ones are still valid: ${old.map(describe).join('; ')}. When all agents have the new one, ` +
      `revoke them: DELETE /_security/api_key {"ids":${JSON.stringify(ids)}}`,
  );
}

async function invalidate(conversation: Conversation, ids: readonly string[]): Promise<void> {
  await conversation.change({ method: 'DELETE', path: '/_security/api_key', body: { ids } });
}
