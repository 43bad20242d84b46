import { InputError, lineInYaml, parseYaml } from '../input/index.ts';
import { isFields } from '../event/index.ts';
import { policySchema } from '../policy/index.ts';
import type { PolicyText } from '../policy/index.ts';
import { AuditPolicyError } from './error.ts';

/** Something that an apiserver passes over without a word, or with one in its own log. */
export interface Forgiven {
  /** From 1; undefined where the text does not show it. */
  readonly line: number | undefined;
  /** `rules[3].namespace`. */
  readonly path: string;
  /** What becomes of it, in a sentence. */
  readonly what: string;
}

/** A policy as an apiserver reads it, and what it forgives on the way. */
export interface DecodedPolicy {
  readonly policy: PolicyText;
  readonly forgiven: readonly Forgiven[];
}

type Path = readonly (string | number)[];

/** Keys of `audit.k8s.io/v1` (k8s.io/apiserver/pkg/apis/audit/v1/types.go, v0.37.0). */
const policyKeys = ['apiVersion', 'kind', 'metadata', 'rules', 'omitStages', 'omitManagedFields'];
const ruleKeys = [
  'level',
  'users',
  'userGroups',
  'verbs',
  'resources',
  'namespaces',
  'nonResourceURLs',
  'omitStages',
  'omitManagedFields',
];
const resourceKeys = ['group', 'resources', 'resourceNames'];

/**
 * Reads an audit policy as the apiserver's loader does (k8s.io/apiserver/pkg/audit/policy/reader.go, v0.37.0): first strictly, and
 * where that fails for keys that it does not know, without them. So a misspelt key takes a condition away from its rule, which
 * then matches more than is written; `forgiven` names each. Throws AuditPolicyError for what no apiserver starts with.
 */
export function decodeAuditPolicy(text: string): DecodedPolicy {
  const forgiven: Forgiven[] = [];
  const forgive = (path: Path, what: string) =>
    forgiven.push({ line: lineInYaml(text, path), path: pathText(path), what });
  const parsed = policySchema.safeParse(withoutUnknown(yamlOf(text), forgive));
  if (parsed.success) return { policy: parsed.data, forgiven };
  const lines = parsed.error.issues.map(({ path, message }) => {
    const line = lineInYaml(text, path);
    return `  ${line === undefined ? '' : `line ${line}: `}${pathText(path)}: ${message}`;
  });
  throw new AuditPolicyError('invalid', `no apiserver starts with this policy:\n${lines.join('\n')}`, {
    cause: parsed.error,
  });
}

function yamlOf(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new AuditPolicyError('not-yaml', `the policy ${cause.message}`, { cause });
  }
}

type Forgive = (path: Path, what: string) => void;

/** A null is what is not there, to Go. */
function withoutUnknown(value: unknown, forgive: Forgive): unknown {
  if (!isFields(value)) return value;
  const policy = known(value, [], policyKeys, forgive);
  if (Array.isArray(policy['rules']))
    policy['rules'] = policy['rules'].map((rule: unknown, i) => ruleOf(rule, ['rules', i], forgive));
  return policy;
}

function ruleOf(value: unknown, path: Path, forgive: Forgive): unknown {
  if (!isFields(value)) return value;
  const rule = known(value, path, ruleKeys, forgive);
  if (Array.isArray(rule['resources']))
    rule['resources'] = rule['resources'].map((item: unknown, i) =>
      isFields(item) ? known(item, [...path, 'resources', i], resourceKeys, forgive) : item,
    );
  return rule;
}

function known(
  value: Readonly<Record<string, unknown>>,
  path: Path,
  keys: readonly string[],
  forgive: Forgive,
): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (!keys.includes(key)) forgive([...path, key], unknownKey(key, path, keys));
    else if (member !== null) kept[key] = member;
  }
  return kept;
}

function unknownKey(key: string, path: Path, keys: readonly string[]): string {
  const meant = keys.find((one) => isNear(one, key));
  const hint = meant === undefined ? `known are ${keys.join(', ')}` : `meant is ${meant}`;
  const effect =
    path.length === 0 ? 'it is passed over' : 'it is passed over, so that the rule matches without it';
  return `the apiserver does not know ${JSON.stringify(key.slice(0, 60))}: ${effect}; ${hint}`;
}

/** The same but for case, one letter, or an s at the end. */
function isNear(a: string, b: string): boolean {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()];
  if (one === other) return true;
  if (Math.abs(one.length - other.length) > 1) return false;
  const [long, short] = one.length >= other.length ? [one, other] : [other, one];
  let at = 0;
  while (at < short.length && long[at] === short[at]) at += 1;
  return long.slice(at + 1) === short.slice(long.length === short.length ? at + 1 : at);
}

/** `rules[3].resources[0].group`, as the apiserver's own validation writes it. */
function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text === '' ? 'policy' : text.replace(/^\./u, '').slice(0, 200);
}
