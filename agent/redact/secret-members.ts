/** Members of an object all of whose content is secret. */
export const dataMembers: ReadonlySet<string> = new Set(['data', 'stringData']);
export const configMapMembers: ReadonlySet<string> = new Set(['data', 'binaryData']);
const stateMembers: ReadonlySet<string> = new Set(['state']);

/** By kind, in lower case: Secrets, and what the External Secrets Operator keeps of what it made or holds for tests. */
const byKind: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['secret', dataMembers],
  ['fake', dataMembers],
  ['generatorstate', stateMembers],
]);

/** Names of objects whose `data` is secret whatever they are a part of: Bank-Vaults' first secrets, the External Secrets Operator's fake store. */
export const secretNames: ReadonlySet<string> = new Set(['startupSecrets', 'fake', 'fakeSpec']);

/** Any of these. */
export const anySecretMember: ReadonlySet<string> = new Set([
  ...configMapMembers,
  ...[...byKind.values()].flatMap((set) => [...set]),
]);

export function secretMembersOf(kind: string | undefined): ReadonlySet<string> | undefined {
  return kind === undefined ? undefined : byKind.get(kind.toLowerCase());
}

const none: ReadonlySet<string> = new Set();

/** The same by the resource and group of an event's object, whose body may not say its kind: a patch. */
export function secretMembersOfResource(resource: string, group: string | undefined): ReadonlySet<string> {
  if (resource === 'secrets' && group === undefined) return dataMembers;
  if (group !== 'generators.external-secrets.io') return none;
  return resource === 'generatorstates' ? stateMembers : resource === 'fakes' ? dataMembers : none;
}
