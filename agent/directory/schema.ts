import { z } from 'zod';

const directoriesMax = 8;
const namesMax = 16;
const fieldsMax = 32;

const path = z
  .string()
  .startsWith('/', 'must be an absolute path')
  .refine((text) => !text.includes('\0'), { error: 'must hold no NUL: no path of a system does' });
const attribute = z.string().min(1).max(256);

/** Part of the name of a file, and the value of a label. */
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/u, 'must be 1 to 40 small letters, digits or dashes');

const target = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/u, 'must be 1 to 40 small letters, digits or underscores')
  .refine((text) => text !== 'status', { error: 'is what the agent says itself: choose another name' });

const fields = z
  .record(target, attribute)
  .refine((all) => Object.keys(all).length <= fieldsMax, { error: `must have at most ${fieldsMax} fields` });

/** URL of a server: credentials go into files, since the configuration is sealed for all to read. */
const serverUrl = (protocol: RegExp, what: string) =>
  z.url({ protocol, error: `must be ${what}` }).refine(
    (text) => {
      const { username, password, search, hash } = new URL(text);
      return [username, password, search, hash].every((part) => part === '');
    },
    {
      error: 'must have no credentials (they go into files), no query and no fragment',
      when: ({ value }) => URL.canParse(String(value)),
    },
  );

const file = z.strictObject({
  path: path.regex(/\.(?:ya?ml|json|csv)$/u, 'must end with .yaml, .yml, .json or .csv'),
});

const ldap = z.strictObject({
  url: serverUrl(/^ldaps?$/u, 'an ldap or ldaps URL').refine(
    (text) => ['', '/'].includes(new URL(text).pathname),
    {
      error: 'must be host and port alone: the base has a key of its own',
      when: ({ value }) => URL.canParse(String(value)),
    },
  ),
  startTls: z.boolean().default(false),
  allowPlaintext: z.boolean().default(false),
  caFile: path.optional(),
  bindDn: z.string().min(1).max(1024).optional(),
  passwordFile: path.optional(),
  base: z.string().max(1024),
  filter: z.string().min(1).max(4096).default('(objectClass=person)'),
  pageSize: z.int().min(1).max(10_000).default(500),
});

const scim = z.strictObject({
  url: serverUrl(/^https?$/u, 'an http or https URL'),
  allowPlaintext: z.boolean().default(false),
  caFile: path.optional(),
  tokenFile: path.optional(),
  filter: z.string().min(1).max(4096).optional(),
  pageSize: z.int().min(1).max(10_000).default(100),
});

const directory = z
  .strictObject({
    name,
    refreshSeconds: z.int().min(10).max(604_800).optional(),
    requestSeconds: z.int().min(1).max(600).default(30),
    peopleMax: z.int().min(1).max(1_000_000).default(100_000),
    ignoreCase: z.boolean().default(false),
    names: z.array(attribute).min(1).max(namesMax).optional(),
    fields: fields.optional(),
    file: file.optional(),
    ldap: ldap.optional(),
    scim: scim.optional(),
  })
  .superRefine((one, context) => {
    const problem = (at: string[], message: string) =>
      context.addIssue({ code: 'custom', path: at, message });
    const kinds = (['file', 'ldap', 'scim'] as const).filter((kind) => one[kind] !== undefined);
    if (kinds.length !== 1) problem([], 'must have one of file, ldap and scim');
    if (one.ldap !== undefined)
      for (const [key, message] of ldapProblems(one.ldap)) problem(['ldap', key], message);
    if (one.scim !== undefined && isPlain(one.scim.url, 'http:') && !one.scim.allowPlaintext)
      problem(
        ['scim', 'url'],
        'would be sent the token, and answer with all people, in plain text: use https, or set allowPlaintext: true where nobody can listen',
      );
  });

function ldapProblems(settings: z.output<typeof ldap>): [key: string, message: string][] {
  const { url, startTls, allowPlaintext, bindDn, passwordFile, caFile } = settings;
  const found: [string, string][] = [];
  if ((bindDn === undefined) !== (passwordFile === undefined))
    found.push(['passwordFile', 'goes with bindDn: set both or none']);
  const isTls = URL.canParse(url) && new URL(url).protocol === 'ldaps:';
  if (startTls && isTls) found.push(['startTls', 'is for ldap URLs: ldaps is TLS from the beginning']);
  if (caFile !== undefined && !isTls && !startTls) found.push(['caFile', 'needs an ldaps URL or startTls']);
  if (isPlain(url, 'ldap:') && !startTls && !allowPlaintext)
    found.push([
      'url',
      'would be sent the password, and answer with all people, in plain text: use ldaps or startTls, or set allowPlaintext: true where nobody can listen',
    ]);
  return found;
}

/** Whether what is sent there crosses a network in plain text. */
function isPlain(text: string, plain: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === plain && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(hostname);
}

/** The directories of a configuration, the first that knows a person wins; docs/identity.md says what each key means. */
export const directoriesSchema = z
  .array(directory)
  .max(directoriesMax)
  .superRefine((all, context) => {
    const names = all.map((one) => one.name);
    for (const [index, one] of names.entries())
      if (names.indexOf(one) < index)
        context.addIssue({ code: 'custom', path: [index, 'name'], message: `is used twice: ${one}` });
  })
  .default([]);

export type DirectorySettings = z.output<typeof directory>;
export type LdapSettings = z.output<typeof ldap>;
export type ScimSettings = z.output<typeof scim>;
