import { randomBytes } from 'node:crypto';
import type { Received, Reply } from './secured.ts';

export interface Descriptor {
  cluster?: string[];
  indices?: { names: string[]; privileges: string[] }[];
}

/** Who asks, and what of. */
export interface Identity {
  name: string;
  descriptors: Descriptor[];
  keyId?: string;
}

interface Key {
  id: string;
  name: string;
  secret: string;
  creation: number;
  expiration?: number;
  invalidated: boolean;
  username: string;
  descriptors: Descriptor[];
}

/** Privileges that each brings with it (elastic.co/docs, "Elasticsearch privileges"), as far as the tests need them. */
const implied: Readonly<Record<string, readonly string[]>> = {
  all: [
    'manage',
    'write',
    'read',
    'index',
    'create',
    'create_doc',
    'delete',
    'delete_index',
    'monitor',
    'view_index_metadata',
    'maintenance',
    'auto_configure',
    'manage_security',
    'manage_api_key',
    'manage_own_api_key',
    'manage_index_templates',
    'manage_pipeline',
    'manage_ilm',
  ],
  write: ['index', 'create', 'create_doc', 'delete', 'auto_configure'],
  index: ['create', 'create_doc', 'auto_configure'],
  create: ['create_doc', 'auto_configure'],
  manage: ['monitor', 'view_index_metadata', 'delete_index', 'maintenance', 'auto_configure'],
  manage_security: ['manage_api_key', 'manage_own_api_key'],
};

const superuser: Descriptor[] = [{ cluster: ['all'], indices: [{ names: ['*'], privileges: ['all'] }] }];

/** Users, roles and API keys of the stand-in. */
export class Security {
  /** Name → password and what it may. */
  readonly users = new Map([['elastic', { password: 'top secret', descriptors: superuser }]]);
  readonly roles = new Map<string, unknown>();
  readonly keys: Key[] = [];
  /** What keys get beside what was asked for: a cluster that does not do what it was told. */
  extra: Descriptor[] = [];
  /** Answers `_has_privileges` as if a key had what was asked for, and no more. */
  hidesExtra = false;

  authenticate(header = ''): Identity | undefined {
    const [scheme, encoded = ''] = header.split(' ');
    const text = Buffer.from(encoded, 'base64').toString();
    const colon = text.indexOf(':');
    const [id, secret] = [text.slice(0, colon), text.slice(colon + 1)];
    if (scheme === 'Basic') {
      const user = this.users.get(id);
      return user?.password === secret ? { name: id, descriptors: user.descriptors } : undefined;
    }
    const key = this.keys.find((each) => each.id === id && each.secret === secret && isValid(each));
    return key && { name: key.username, keyId: key.id, descriptors: [...key.descriptors, ...this.extra] };
  }

  /** Undefined for what is not of `_security`. */
  answer(identity: Identity, { method, path, body }: Received): Reply | undefined {
    if (!path.startsWith('/_security/')) return undefined;
    const wanted = (body.length > 0 ? JSON.parse(body.toString()) : {}) as Record<string, unknown>;
    const [, , area, name] = new URL(path, 'http://x').pathname.split('/');
    if (area === '_authenticate') return { status: 200, body: describe(identity, this.keys) };
    if (area === 'user') return { status: 200, body: this.#hasPrivileges(identity, wanted) };
    if (!this.#hasCluster(identity, 'manage_security'))
      return { status: 403, body: { error: { type: 'security_exception' } } };
    if (area === 'role') return this.#role(method, decodeURIComponent(name ?? ''), wanted);
    return this.#apiKey(identity, method, new URL(path, 'http://x').searchParams, wanted);
  }

  /** Whether a request that is not `_bulk` may be made. */
  may(identity: Identity, method: string, path: string): boolean {
    if (/^\/(?:_index_template|_component_template)/u.test(path))
      return this.#hasCluster(identity, 'manage_index_templates');
    if (path.startsWith('/_ilm/')) return this.#hasCluster(identity, 'manage_ilm');
    // What may be read was settled when the point in time was opened.
    if (/^\/_(?:pit|search)/u.test(path)) return true;
    const index = indexOf(path);
    if (index === undefined) return this.#hasCluster(identity, 'monitor');
    return neededOn(method, path).some((privilege) => this.#hasIndex(identity, index, privilege));
  }

  mayBulk(identity: Identity, operation: string, path: string): boolean {
    return this.#hasIndex(identity, indexOf(path) ?? '', operation === 'create' ? 'create_doc' : 'index');
  }

  #hasCluster(identity: Identity, privilege: string): boolean {
    return identity.descriptors.some(({ cluster = [] }) => covers(cluster, privilege));
  }

  /** Privileges on a data stream hold for its backing indices. */
  #hasIndex(identity: Identity, index: string, privilege: string): boolean {
    const stream = index.replace(/^\.ds-/u, '').replace(/-\d{4}\.\d\d\.\d\d-\d{6}$/u, '');
    return identity.descriptors.some(({ indices = [] }) =>
      indices.some(
        ({ names, privileges }) =>
          (names.includes('*') || names.includes(stream)) && covers(privileges, privilege),
      ),
    );
  }

  #hasPrivileges(identity: Identity, wanted: Record<string, unknown>): object {
    const asked = wanted as { cluster: string[]; index: { names: string[]; privileges: string[] }[] };
    const { keyId } = identity;
    const seen =
      keyId !== undefined && this.hidesExtra
        ? { ...identity, descriptors: this.keys.find(({ id }) => id === keyId)?.descriptors ?? [] }
        : identity;
    const cluster = Object.fromEntries(asked.cluster.map((name) => [name, this.#hasCluster(seen, name)]));
    const index = Object.fromEntries(
      asked.index.flatMap(({ names, privileges }) =>
        names.map((name) => [
          name,
          Object.fromEntries(
            privileges.map((privilege) => [privilege, this.#hasIndex(seen, name, privilege)]),
          ),
        ]),
      ),
    );
    const all = [cluster, ...Object.values(index)].every((found) => Object.values(found).every(Boolean));
    return { username: identity.name, has_all_requested: all, cluster, index, application: {} };
  }

  #role(method: string, name: string, wanted: Record<string, unknown>): Reply {
    if (method === 'PUT') {
      const created = !this.roles.has(name);
      const indices = (wanted['indices'] as object[]).map((index) => ({
        ...index,
        allow_restricted_indices: false,
      }));
      this.roles.set(name, {
        ...wanted,
        indices,
        applications: [],
        run_as: [],
        transient_metadata: { enabled: true },
      });
      return { status: 200, body: { role: { created } } };
    }
    const role = this.roles.get(name);
    return role === undefined ? { status: 404, body: {} } : { status: 200, body: { [name]: role } };
  }

  #apiKey(
    identity: Identity,
    method: string,
    query: URLSearchParams,
    wanted: Record<string, unknown>,
  ): Reply {
    if (method === 'POST') return this.#makeKey(identity, wanted);
    if (method === 'DELETE') {
      const ids = wanted['ids'] as string[];
      for (const key of this.keys) if (ids.includes(key.id)) key.invalidated = true;
      return {
        status: 200,
        body: { invalidated_api_keys: ids, previously_invalidated_api_keys: [], error_count: 0 },
      };
    }
    const found = this.keys.filter((key) => key.name === query.get('name') && isValid(key));
    const shown = found.map(({ secret: _secret, descriptors, ...key }) => ({
      ...key,
      role_descriptors: descriptors,
    }));
    return { status: 200, body: { api_keys: shown } };
  }

  #makeKey(identity: Identity, wanted: Record<string, unknown>): Reply {
    const descriptors = Object.values(wanted['role_descriptors'] as Record<string, Descriptor>);
    if (identity.keyId !== undefined)
      return {
        status: 400,
        body: { error: { type: 'illegal_argument_exception', reason: 'derived api keys' } },
      };
    const [id, secret] = [randomBytes(15).toString('base64url'), randomBytes(16).toString('base64url')];
    const days = /^(\d+)d$/u.exec(String(wanted['expiration']))?.[1];
    const creation = Date.now();
    const expiration = days === undefined ? {} : { expiration: creation + Number(days) * 86_400_000 };
    const name = String(wanted['name']);
    this.keys.push({
      id,
      name,
      secret,
      creation,
      ...expiration,
      invalidated: false,
      username: identity.name,
      descriptors,
    });
    const encoded = Buffer.from(`${id}:${secret}`).toString('base64');
    return { status: 200, body: { id, name, ...expiration, api_key: secret, encoded } };
  }
}

function isValid({ invalidated, expiration = Infinity }: Key): boolean {
  return !invalidated && expiration > Date.now();
}

function covers(privileges: readonly string[], wanted: string): boolean {
  return privileges.some((each) => each === wanted || (implied[each]?.includes(wanted) ?? false));
}

function describe({ name, keyId }: Identity, keys: readonly Key[]): object {
  const key = keys.find(({ id }) => id === keyId);
  const realm = { name: 'file', type: 'file' };
  return {
    username: name,
    roles: [],
    enabled: true,
    authentication_realm: realm,
    lookup_realm: realm,
    ...(key
      ? { authentication_type: 'api_key', api_key: { id: key.id, name: key.name } }
      : { authentication_type: 'realm' }),
  };
}

function indexOf(path: string): string | undefined {
  const { pathname } = new URL(path, 'http://x');
  const [, first = '', second = '', third = ''] = pathname.split('/').map(decodeURIComponent);
  if (first === '_data_stream') return second;
  if (first === '_resolve') return third;
  return first === '' || first.startsWith('_') ? undefined : first;
}

/** Any of these lets the request through. */
function neededOn(method: string, path: string): string[] {
  if (/\/_(?:search|mget|pit|count)/u.test(path)) return ['read'];
  if (/\/_(?:update|delete_by_query)/u.test(path)) return ['index'];
  if (path.includes('/_doc/')) return [{ GET: 'read', DELETE: 'delete' }[method] ?? 'index'];
  return [method === 'GET' ? 'view_index_metadata' : 'manage'];
}
