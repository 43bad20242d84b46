import { isIP } from 'node:net';
import { Client, InvalidCredentialsError, ResultCodeError } from 'ldapts';
import type { Entry as LdapEntry } from 'ldapts';
import { messageOf } from '../error.ts';
import type { Entry } from '../identity/index.ts';
import { DirectoryError } from './error.ts';
import { attributesOf, entryOf, Entries, mappingOf } from './mapping.ts';
import type { DirectorySettings, LdapSettings } from './schema.ts';
import { secretIn, trustOf } from './tls.ts';

/**
 * All people below the base, page after page (RFC 2696): a server answers no more than some thousand at once. Referrals to other servers are not
 * followed. Throws DirectoryError.
 */
export async function readLdap(settings: DirectorySettings, signal: AbortSignal): Promise<readonly Entry[]> {
  const ldap = settings.ldap!;
  const password =
    ldap.passwordFile === undefined ? undefined : await secretIn(ldap.passwordFile, 'passwordFile');
  const tlsOptions = await trustOf(ldap.caFile);
  const milliseconds = settings.requestSeconds * 1000;
  const client = new Client({
    url: ldap.url,
    timeout: milliseconds,
    connectTimeout: milliseconds,
    // With options of TLS the client speaks TLS, whatever the URL says.
    ...(ldap.url.toLowerCase().startsWith('ldaps:') && { tlsOptions }),
  });
  const onAbort = () => void client.unbind().catch(() => undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (ldap.startTls) await client.startTLS({ ...tlsOptions, ...serverOf(ldap.url) });
    if (ldap.bindDn !== undefined) await client.bind(ldap.bindDn, password);
    return await search(client, settings, ldap, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw problemOf(ldap, cause);
  } finally {
    signal.removeEventListener('abort', onAbort);
    await client.unbind().catch(() => undefined);
  }
}

/** Whose name the certificate must have: of a connection that is there already, TLS does not know. */
function serverOf(url: string): { host: string; servername?: string } {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/u, '$1');
  // An address is no name that a server could be asked for.
  return isIP(host) === 0 ? { host, servername: host } : { host };
}

async function search(
  client: Client,
  settings: DirectorySettings,
  { base, filter, pageSize }: LdapSettings,
  signal: AbortSignal,
): Promise<readonly Entry[]> {
  const mapping = mappingOf(settings);
  const entries = new Entries(settings);
  const attributes = attributesOf(mapping);
  const pages = client.searchPaginated(base, { scope: 'sub', filter, attributes, paged: { pageSize } });
  for await (const { searchEntries } of pages) {
    signal.throwIfAborted();
    for (const found of searchEntries) {
      const values = valuesByAttribute(found);
      entries.add(entryOf((attribute) => values.get(attribute.toLowerCase()) ?? [], mapping));
    }
  }
  return entries.all;
}

/** By attribute in lower case: LDAP does not tell cases apart, and a server answers in its own. */
function valuesByAttribute({ dn: _dn, ...attributes }: LdapEntry): Map<string, unknown[]> {
  return new Map(
    Object.entries(attributes).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value : [value],
    ]),
  );
}

function problemOf({ url, bindDn }: LdapSettings, cause: unknown): unknown {
  if (cause instanceof DirectoryError) return cause;
  if (cause instanceof InvalidCredentialsError)
    return new DirectoryError(
      'refused',
      `${url} refuses ${bindDn ?? 'who gives no name'}: look at bindDn and passwordFile`,
      {
        cause,
      },
    );
  if (cause instanceof ResultCodeError)
    return new DirectoryError('refused', `${url} answers ${cause.name} (LDAP result ${cause.code})`, {
      cause,
    });
  return new DirectoryError('unreachable', `${url} cannot be asked: ${messageOf(cause)}`, { cause });
}
