import { z } from 'zod';
import { configSchema, unitOf } from '../../../agent/config/index.ts';
import type { Unit } from '../../../agent/config/index.ts';

interface JsonSchema {
  [keyword: string]: unknown;
  type?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
}

/** What the schema cannot say: a value of those that have no default. */
const examples: Readonly<Record<string, string>> = {
  cluster: 'prod',
  node: 'cp-1',
  'sources[].name': 'kube-apiserver',
  'sources[].path': '/var/log/kubernetes/audit.log',
  policyFile: '/etc/auditseal/policy.yaml',
  'redact.keyFile': '/etc/auditseal/redact-key',
  logLevel: 'debug',
  'redact.rules[].name': 'badge-numbers',
  'redact.rules[].resources[]': 'widgets.example.com',
  'redact.rules[].paths[]': '/spec/badge',
  'redact.rules[].names[]': '*badge*',
  'redact.rules[].pattern': 'B-[0-9]{6}',
  'redact.exceptions[].rules[]': 'literal',
  'redact.exceptions[].resources[]': 'widgets.example.com',
  'redact.exceptions[].paths[]': '/spec/token',
  'redact.exceptions[].names[]': 'tokenCount',
  'redact.exceptions[].pattern': 'example-.*',
  'redact.withoutBodies[]': 'widgets.example.com',
  'pseudonyms.keyFile': '/etc/auditseal/pseudonym-key',
  'pseudonyms.keepUsers[]': 'kubernetes-admin',
  'detection.rulesFile': '/etc/auditseal/rules.yaml',
  'detection.off[]': 'secret-read-by-person',
  'elasticsearch.indexedAnnotations[]': 'example.com/ticket',
  'notifications.endpoints[].name': 'on-call',
  'notifications.endpoints[].type': 'pagerduty',
  'notifications.endpoints[].url': 'https://alertmanager.example:9093',
  'notifications.endpoints[].urlFile': '/etc/auditseal/slack-url',
  'notifications.endpoints[].keyFile': '/etc/auditseal/signing-key',
  'notifications.endpoints[].routingKeyFile': '/etc/auditseal/routing-key',
  'notifications.endpoints[].username': 'auditseal',
  'notifications.endpoints[].passwordFile': '/etc/auditseal/alertmanager-password',
  'notifications.endpoints[].bearerTokenFile': '/etc/auditseal/alertmanager-token',
  'notifications.endpoints[].caFile': '/etc/auditseal/ca.crt',
  'notifications.endpoints[].proxy': 'http://proxy.example:3128',
  'notifications.endpoints[].rules[]': 'exec-into-pod',
  'notifications.endpoints[].exceptRules[]': 'mass-deletion',
  'drift.apiserverPath': '/etc/kubernetes/manifests',
  'drift.auditPolicyFile': '/etc/kubernetes/policy.yaml',
  'drift.apiserver.url': 'https://192.0.2.10:6443',
  'drift.expectationsFile': '/etc/auditseal/expectations.yaml',
  'witnesses[].url': 'https://witness.example',
  'witnesses[].vkey': 'witness.example+1a2b3c4d+BA…',
  'witnesses[].caFile': '/etc/auditseal/ca.crt',
  'witnesses[].proxy': 'http://proxy.example:3128',
  quorum: '1',
  'timeStamps.url': 'https://tsa.example/tsr',
  'timeStamps.caFile': '/etc/auditseal/ca.crt',
  'timeStamps.proxy': 'http://proxy.example:3128',
  'elasticsearch.urls[]': 'https://elasticsearch.example:9200',
  'elasticsearch.apiKeyFile': '/etc/auditseal/api-key',
  'elasticsearch.lookupApiKeyFile': '/etc/auditseal/lookup-api-key',
  'elasticsearch.username': 'auditseal',
  'elasticsearch.passwordFile': '/etc/auditseal/password',
  'elasticsearch.caFile': '/etc/auditseal/ca.crt',
  'elasticsearch.proxy': 'http://proxy.example:3128',
  'elasticsearch.proxyUsername': 'auditseal',
  'elasticsearch.proxyPasswordFile': '/etc/auditseal/proxy-password',
  'elasticsearch.ilmPolicy': 'audit-400-days',
  'identity.places[].of': 'user',
  'identity.places[].extra': 'example.com/email',
  'identity.places[].member': 'username',
  'identity.places[].prefix': 'oidc:',
  'identity.places[].actors[]': 'system:serviceaccount:gateway:*',
  'identity.directories[].name': 'staff',
  'identity.directories[].refreshSeconds': '1h',
  'identity.directories[].names[]': 'mail',
  'identity.directories[].fields': '{ full_name: displayName }',
  'identity.directories[].file.path': '/etc/auditseal/people.csv',
  'identity.directories[].ldap.url': 'ldaps://ldap.example',
  'identity.directories[].ldap.caFile': '/etc/auditseal/ldap-ca.crt',
  'identity.directories[].ldap.bindDn': 'cn=auditseal,dc=example',
  'identity.directories[].ldap.passwordFile': '/etc/auditseal/ldap-password',
  'identity.directories[].ldap.base': 'ou=people,dc=example',
  'identity.directories[].scim.url': 'https://scim.example/v2',
  'identity.directories[].scim.caFile': '/etc/auditseal/scim-ca.crt',
  'identity.directories[].scim.tokenFile': '/etc/auditseal/scim-token',
  'identity.directories[].scim.filter': 'active eq true',
};

/** `docs/configuration-keys.md`: each key with its type, default, bounds and an example, from the schema that the agent reads it by. */
export function configurationKeys(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }) as JsonSchema;
  return [
    '# Configuration keys',
    'Each key of `auditseal.yaml` with its type, default, bounds and an example, as the agent’s own schema has them.',
    'What a key means, and what a wrong or hostile value can do, is in [configuration.md](configuration.md).',
    'This page is written by `node test/platform/charts/write.ts`.',
    '',
    'A size is a number of bytes, or one with a unit: `64Mi`, `2Gi`, `500M`.',
    'A time is a number of what the name of its key says, or has units: `500ms`, `90s`, `5m`, `1h30m`, `30d`.',
    '',
    '| key | type | default | bounds | example |',
    '|---|---|---|---|---|',
    ...rowsOf(schema, ''),
    '',
  ].join('\n');
}

function rowsOf(schema: JsonSchema, path: string): string[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([key, inner]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const isList = inner.type === 'array';
    const item = isList ? (inner.items ?? {}) : inner;
    const variants = [item, ...(item.anyOf ?? item.oneOf ?? [])].filter(({ properties: below }) => below);
    const name = isList ? `${at}[]` : at;
    if (variants.length > 0) return [...new Set(variants.flatMap((variant) => rowsOf(variant, name)))];
    const unit = item.type === 'integer' || item.type === 'number' ? unitOf(key) : undefined;
    const cells = [
      code(name),
      typeOf(inner, unit),
      defaultOf(inner, name, unit, required.includes(key)),
      boundsOf(inner, unit),
      exampleOf(inner, name, unit),
    ];
    return [`| ${cells.join(' | ')} |`];
  });
}

function typeOf({ type, enum: values, items, anyOf }: JsonSchema, unit: Unit | undefined): string {
  if (unit !== undefined) return unit === 'bytes' ? 'size' : `time, in ${unit}`;
  if (Array.isArray(values)) return values.map((value) => code(String(value))).join(', ');
  if (type === 'array') return `list of ${items?.type ?? 'values'}s`;
  if (anyOf) return [...new Set(anyOf.map((one) => typeOf(one, unit)))].join(' or ');
  return { integer: 'whole number', object: 'mapping' }[type ?? ''] ?? type ?? 'any';
}

function defaultOf(
  { default: value }: JsonSchema,
  name: string,
  unit: Unit | undefined,
  isRequired: boolean,
): string {
  if (name === 'drift.apiserver.url') return '`https://HOST_IP:6443`, else of this machine';
  if (name === 'node') return '`NODE_NAME`, else the host’s name';
  if (value === undefined) return isRequired ? 'required' : 'none';
  return code(written(value, unit));
}

function boundsOf(schema: JsonSchema, unit: Unit | undefined): string {
  const { minimum, exclusiveMinimum, maximum, maxItems, minLength, maxLength } = schema;
  const largest = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const bounds = [
    ...(exclusiveMinimum === undefined ? [] : [`above ${written(exclusiveMinimum, unit)}`]),
    ...(minimum === undefined ? [] : [`from ${written(minimum, unit)}`]),
    ...(largest === undefined ? [] : [`to ${written(largest, unit)}`]),
    ...(minLength === undefined || maxLength !== undefined ? [] : [`at least ${minLength} character`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(maxItems === undefined ? [] : [`at most ${maxItems}`]),
  ];
  return bounds.join(' ');
}

function exampleOf(
  { default: value, enum: values, type }: JsonSchema,
  name: string,
  unit: Unit | undefined,
): string {
  const example = examples[name];
  if (example !== undefined) return code(example);
  if (unit !== undefined && typeof value === 'number') return code(withUnit(value, unit));
  if (type === 'boolean') return code(String(value !== true));
  const other = Array.isArray(values) ? values.find((one) => one !== value) : value;
  return typeof other === 'string' || typeof other === 'number' ? code(`${other}`) : '';
}

function written(value: unknown, unit: Unit | undefined): string {
  if (unit === 'bytes' && typeof value === 'number') return withUnit(value, unit);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** As people write it: the largest unit of which it is a whole number. */
function withUnit(value: number, unit: Unit): string {
  if (unit === 'bytes') {
    const [name, size] = sizes.find(([, one]) => value >= one && value % one === 0) ?? ['', 1];
    return `${value / size}${name}`;
  }
  return `${value}${{ milliseconds: 'ms', seconds: 's', minutes: 'm', days: 'd' }[unit]}`;
}

const sizes: readonly [string, number][] = [
  ['Gi', 2 ** 30],
  ['Mi', 2 ** 20],
  ['Ki', 2 ** 10],
];

function code(text: string): string {
  return `\`${text}\``;
}
