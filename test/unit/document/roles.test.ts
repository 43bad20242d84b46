import { assert, constantFrom, oneof, property, string, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { rolesMember } from '../../../agent/document/identity.ts';

/** As `%q` of Go prints a text: https://pkg.go.dev/strconv#Quote. */
function goQuoted(text: string): string {
  const letters: Record<string, string> = {
    '\u0007': 'a',
    '\b': 'b',
    '\f': 'f',
    '\n': 'n',
    '\r': 'r',
    '\t': 't',
    '\v': 'v',
    '"': '"',
    '\\': '\\',
  };
  const parts = Array.from(text, (character) => {
    const letter = letters[character];
    if (letter !== undefined) return `\\${letter}`;
    if (character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) return character;
    const hex = character.codePointAt(0)!.toString(16);
    if (hex.length <= 2 && character < '\u0080') return `\\x${hex.padStart(2, '0')}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
  });
  return `"${parts.join('')}"`;
}

function rolesOf(reason: string): unknown {
  const member = rolesMember(reason);
  return member === ''
    ? undefined
    : (JSON.parse(`{${member.replace(/,$/u, '')}}`) as { roles: unknown }).roles;
}

/** Names that are words of the reason, and any others. */
const name = oneof(
  string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  constantFrom(
    'view" to Group "x',
    'view\\" to Group \\"x',
    'b" of ClusterRole "cluster-admin" to User "u',
    'b of ClusterRole ',
    ' of ClusterRole "cluster-admin',
    '" to ',
    'a\\',
    '\\',
    '"',
    '\u202e\u0085\u0000',
  ),
);
const form = constantFrom(
  (binding: string, role: string, subject: string) =>
    `ClusterRoleBinding ${goQuoted(binding)} of ClusterRole ${goQuoted(role)} to User ${goQuoted(subject)}`,
  (binding: string, role: string, subject: string) =>
    `RoleBinding ${goQuoted(`${binding}/ns`)} of Role ${goQuoted(role)} to Group ${goQuoted(subject)}`,
  (binding: string, role: string, subject: string) =>
    `RoleBinding ${goQuoted(`${binding}/ns`)} of ClusterRole ${goQuoted(role)} to ServiceAccount ${goQuoted(`${subject}/ns`)}`,
);

test('whatever binding, role and subject are called, the role is the one of the apiserver', () => {
  assert(
    property(form, tuple(name, name, name), (print, [binding, role, subject]) => {
      expect(rolesOf(`RBAC: allowed by ${print(binding, role, subject)}`)).toEqual([role]);
    }),
    { numRuns: 2000 },
  );
});

test('a reason in which names are not quoted so gives their role, if any, and never one out of a name with quotes', () => {
  const plain = string({ unit: constantFrom('a', 'b', '"', ' ', '/'), minLength: 1, maxLength: 12 });
  const forged = oneof(
    plain,
    constantFrom('view" to Group "x', 'b" of ClusterRole "cluster-admin" to User "u', '"'),
  );
  assert(
    property(tuple(forged, forged, forged), ([binding, role, subject]) => {
      const reason = `RBAC: allowed by ClusterRoleBinding "${binding}" of ClusterRole "${role}" to User "${subject}"`;
      const isPlain = ![binding, role, subject].some((one) => one.includes('"'));
      expect(rolesOf(reason)).toEqual(isPlain ? [role] : undefined);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  'RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "view" to User "u" and more',
  'node: RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "view" to User "u"',
  'RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "view" to Robot "u"',
  'RBAC: allowed by ClusterRoleBinding "x" of Role "view" to User "u"',
  String.raw`RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "\ud800" to User "u"`,
  String.raw`RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "\U00110000" to User "u"`,
  String.raw`RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "\xff" to User "u"`,
])('no role is taken from %s', (reason) => {
  expect(rolesOf(reason)).toBeUndefined();
});
