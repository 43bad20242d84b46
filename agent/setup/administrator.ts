import { z } from 'zod';
import { allStreams } from '../streams/index.ts';
import { lacksApi } from '../elasticsearch/index.ts';
import type { AdminSession } from './admin-session.ts';
import { SetupError } from './error.ts';

/** GET _security/_authenticate. */
const identity = z.object({ username: z.string(), authentication_type: z.string() });
const privileges = z.object({
  has_all_requested: z.boolean(),
  cluster: z.record(z.string(), z.boolean()),
  index: z.record(z.string(), z.record(z.string(), z.boolean())),
});

export interface PlannedSetup {
  namespace: string;
  /** A key is to be made. */
  key: boolean;
  ilmPolicy: string | undefined;
}

/**
 * Looks whether the credentials may do all that is to be done, before anything is. `off`: the cluster has no security, so that
 * there is nothing to ask. Throws SetupError `no-security` and `not-allowed`, and ElasticsearchError.
 */
export async function checkAdministrator(
  session: AdminSession,
  planned: PlannedSetup,
): Promise<'on' | 'off'> {
  const who = await identify(session);
  if (!who) {
    if (!planned.key) return 'off';
    throw new SetupError(
      'no-security',
      'this cluster has no security (xpack.security.enabled), so that whoever reaches it can change and delete events. ' +
        'Turn it on; or, if something in front of it sees to that, run setup with --no-key',
    );
  }
  if (planned.key && who.authentication_type === 'api_key')
    throw new SetupError(
      'not-allowed',
      'Elasticsearch lets no API key make another that may do something. Use --username and --password-file, or --no-key',
    );
  const missing = await missingPrivileges(session, planned);
  if (missing.length > 0)
    throw new SetupError('not-allowed', `${who.username} lacks ${missing.join(', ')}; nothing was changed`);
  return 'on';
}

async function identify(session: AdminSession): Promise<z.infer<typeof identity> | undefined> {
  const path = '/_security/_authenticate';
  try {
    const { data } = identity.safeParse((await session.look({ method: 'GET', path })).body);
    if (!data) throw new SetupError('bad-response', `GET ${path}: not an answer of Elasticsearch`);
    return data;
  } catch (error) {
    if (lacksApi(error)) return undefined;
    throw error;
  }
}

async function missingPrivileges(
  session: AdminSession,
  { namespace, key, ilmPolicy }: PlannedSetup,
): Promise<string[]> {
  const path = '/_security/user/_has_privileges';
  const names = allStreams(namespace).map(({ name }) => name);
  const body = {
    cluster: [
      'manage_index_templates',
      'manage_security',
      ...(ilmPolicy === undefined ? [] : ['manage_ilm']),
    ],
    // A key never may more than who makes it.
    index: [{ names, privileges: ['manage', 'read', ...(key ? ['create_doc'] : [])] }],
  };
  const { data } = privileges.safeParse((await session.look({ method: 'POST', path, body })).body);
  if (!data) throw new SetupError('bad-response', `POST ${path}: not an answer of Elasticsearch`);
  if (data.has_all_requested) return [];
  return [
    ...denied(data.cluster).map((name) => `cluster privilege ${name}`),
    ...Object.entries(data.index).flatMap(([index, found]) =>
      denied(found).map((name) => `index privilege ${name} on ${index}`),
    ),
  ];
}

function denied(found: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(found).filter((name) => found[name] === false);
}
