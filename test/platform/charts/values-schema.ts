import { z } from 'zod';
import { configSchema, sizePattern, timePattern, unitOf } from '../../../agent/config/index.ts';
import { policySchema } from '../../../agent/policy/index.ts';
import { documentedValues } from './readme.ts';

interface JsonSchema {
  [keyword: string]: unknown;
  properties?: Record<string, JsonSchema>;
}

/** What the chart itself writes into auditseal.yaml; `config` may set everything else. */
const ofTheChart = ['cluster', 'node', 'stateDir', 'sources', 'policyFile', 'http', 'notifications'];
const ofTheChartInElasticsearch = [
  'urls',
  'namespace',
  'apiKeyFile',
  'lookupApiKeyFile',
  'caFile',
  // Instead of the key, which the chart always has.
  'username',
  'passwordFile',
];

const text = { type: 'string' };
const flag = { type: 'boolean' };
const texts = { type: 'object', additionalProperties: text };
const anyObject = { type: 'object' };
const anyObjects = { type: 'array', items: anyObject };
const port = { type: 'integer', minimum: 1, maximum: 65_535 };
const interval = { type: 'string', pattern: '^[0-9]+(ms|s|m|h)$' };
/** The name of a Kubernetes object, or none. */
const objectName = { type: 'string', pattern: '^([a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$', maxLength: 253 };
const secretKey = { type: 'string', pattern: '^[-._a-zA-Z0-9]*$', maxLength: 253 };
/** Five fields, or a word like `@hourly`; Kubernetes says whether it is one. */
const schedule = { type: 'string', pattern: String.raw`^(@[a-z]+|\S+( \S+){4})$` };
const seconds = { type: 'integer', minimum: 60 };
/** A path on the node, or none. */
const lookedPath = { type: 'string', pattern: String.raw`^(/[\w./-]+)?$` };
const atLeastNone = { type: 'integer', minimum: 0 };
/** What templates can do without: also what is not among the values of an earlier release (`--reuse-values`). */
const optional = new Set([
  'global',
  'imageRegistry',
  'registry',
  'namespaceOverride',
  'revisionHistoryLimit',
  'probes',
  'scrapeTimeout',
  'grafanaDashboard',
  'hostNetwork',
  'dnsPolicy',
  'pseudonyms',
  'notifications',
  'drift',
  'doctor',
  'terminationGracePeriodSeconds',
  'runbookUrlBase',
  'wholeStaleDays',
]);
/** `null` takes a value and its default away, which is how to be rid of what is open (a default affinity), and of nothing else. */
const strict = (properties: Record<string, JsonSchema>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((key) => !optional.has(key) && !isOpen(properties[key]!)),
  additionalProperties: false,
});
const isOpen = ({ type, properties, minItems }: JsonSchema) =>
  (type === 'object' && !properties) || (type === 'array' && minItems === undefined);

const registry = { type: 'string', pattern: String.raw`^([^\s/@]+(/[^\s/@]+)*)?$` };
const scrape = strict({
  enabled: flag,
  interval,
  scrapeTimeout: { anyOf: [interval, { const: '' }] },
  relabelings: anyObjects,
  metricRelabelings: anyObjects,
  labels: texts,
});

/** `values.schema.json`: strict, so that a wrong or unknown value fails with its path; `config` follows the agent's own schema. */
export function valuesSchema(): Record<string, unknown> {
  const agent = withoutDefaults(
    z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }) as JsonSchema,
  );
  const of = (schema: JsonSchema, key: string) => schema.properties![key]!;
  const [cluster, sources, stateDir] = [of(agent, 'cluster'), of(agent, 'sources'), of(agent, 'stateDir')];
  const namespace = of(of(agent, 'elasticsearch'), 'namespace');
  const config = without(agent, ofTheChart);
  config.properties!['elasticsearch'] = without(
    config.properties!['elasticsearch']!,
    ofTheChartInElasticsearch,
  );
  config.properties!['pseudonyms'] = without(config.properties!['pseudonyms']!, ['keyFile']);
  const ofTheChartInDrift = ['apiserverPath', 'auditPolicyFile', 'proc'];
  config.properties!['drift'] = without(config.properties!['drift']!, ofTheChartInDrift);
  allowUnits(config);
  const endpoints = of(of(agent, 'notifications'), 'endpoints');
  allowUnits(endpoints['items'] as JsonSchema);
  const url = { type: 'string', pattern: '^(https?://[^@?#]+)?$' };
  const schema: JsonSchema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the auditseal chart',
    ...strict({
      // Other charts of the same release have values of their own there.
      global: { ...anyObject, properties: { imageRegistry: registry } },
      // Templates say in a sentence that it is missing.
      cluster: { ...cluster, pattern: `^$|${String(cluster['pattern'])}` },
      sources,
      elasticsearch: strict({
        url,
        urls: { type: 'array', items: { type: 'string', pattern: '^https?://[^@?#]+$' } },
        existingSecret: objectName,
        apiKeyKey: { ...secretKey, minLength: 1 },
        lookupApiKeyKey: secretKey,
        caSecret: objectName,
        caKey: { ...secretKey, minLength: 1 },
        namespace,
      }),
      config,
      pseudonyms: strict({ existingSecret: objectName, keyKey: { ...secretKey, minLength: 1 } }),
      notifications: strict({
        existingSecret: objectName,
        endpoints,
      }),
      drift: strict({ apiserverPath: lookedPath, auditPolicyFile: lookedPath, api: flag, proc: flag }),
      policy: text,
      rules: text,
      image: strict({
        registry,
        repository: { type: 'string', pattern: String.raw`^\S*$` },
        tag: { type: 'string', pattern: String.raw`^(\w[\w.-]{0,127})?$` },
        digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
        pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
      }),
      imagePullSecrets: anyObjects,
      nameOverride: text,
      fullnameOverride: text,
      namespaceOverride: { type: 'string', pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$', maxLength: 63 },
      stateDir,
      affinity: anyObject,
      nodeSelector: texts,
      tolerations: anyObjects,
      priorityClassName: objectName,
      updateStrategy: anyObject,
      revisionHistoryLimit: { type: ['integer', 'null'], minimum: 0 },
      daemonSetAnnotations: texts,
      probes: strict({ startup: anyObject, readiness: anyObject, liveness: anyObject }),
      resources: anyObject,
      hostNetwork: flag,
      dnsPolicy: { enum: ['', 'ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'] },
      dnsConfig: anyObject,
      hostAliases: anyObjects,
      terminationGracePeriodSeconds: { type: ['integer', 'null'] },
      podSecurityContext: anyObject,
      securityContext: anyObject,
      serviceAccount: strict({ create: flag, name: objectName, annotations: texts }),
      networkPolicy: strict({
        enabled: flag,
        dnsPorts: { type: 'array', items: port },
        elasticsearchPeers: anyObjects,
        elasticsearchPorts: { type: 'array', items: port },
        notificationPorts: { type: 'array', items: port },
        notificationPeers: anyObjects,
        extraEgress: anyObjects,
        metricsPeers: anyObjects,
      }),
      metrics: strict({
        port,
        podMonitor: scrape,
        serviceMonitor: scrape,
        grafanaDashboard: strict({ enabled: flag, labels: texts, annotations: texts }),
        prometheusRule: strict({
          enabled: flag,
          labels: texts,
          runbookUrlBase: { type: 'string', pattern: String.raw`^(https?://[^\s#]+)?$` },
        }),
      }),
      openshift: strict({ scc: flag }),
      podAnnotations: texts,
      podLabels: texts,
      commonLabels: texts,
      extraEnv: anyObjects,
      extraVolumes: anyObjects,
      extraVolumeMounts: anyObjects,
      extraObjects: anyObjects,
      setup: strict({
        enabled: flag,
        extraVolumes: anyObjects,
        extraVolumeMounts: anyObjects,
        existingSecret: objectName,
        apiKeyKey: { ...secretKey, minLength: 1 },
        kibana: strict({
          url,
          space: { type: 'string', pattern: '^[a-z0-9_-]*$' },
          existingSecret: objectName,
          apiKeyKey: { ...secretKey, minLength: 1 },
          caSecret: objectName,
          caKey: { ...secretKey, minLength: 1 },
        }),
      }),
      verify: strict({
        enabled: flag,
        existingSecret: objectName,
        apiKeyKey: { ...secretKey, minLength: 1 },
        verdictApiKeyKey: secretKey,
        trustConfigMap: objectName,
        trustSecret: objectName,
        trustKey: { ...secretKey, minLength: 1 },
        knownConfigMap: objectName,
        knownKey: { ...secretKey, minLength: 1 },
        schedule,
        since: { type: 'string', pattern: '^[0-9]{1,9}[smhd]$' },
        eventsMin: atLeastNone,
        wholeSchedule: { anyOf: [schedule, { const: '' }] },
        wholeStaleDays: { type: 'integer', minimum: 1 },
        activeDeadlineSeconds: seconds,
        wholeActiveDeadlineSeconds: seconds,
        successfulJobsHistoryLimit: atLeastNone,
        failedJobsHistoryLimit: atLeastNone,
        resources: anyObject,
        nodeSelector: texts,
        affinity: anyObject,
        tolerations: anyObjects,
        priorityClassName: objectName,
        podSecurityContext: anyObject,
        extraVolumes: anyObjects,
        extraVolumeMounts: anyObjects,
      }),
      test: strict({ existingSecret: objectName, apiKeyKey: { ...secretKey, minLength: 1 }, doctor: flag }),
    }),
  };
  for (const { path, meaning } of documentedValues()) describe(schema, path.split('.'), meaning);
  return schema;
}

/** `files/units.json`: of each key that may be a size or a time as people write them, what it counts and its bounds, by which templates judge it. */
export function units(): Record<string, object> {
  const found: Record<string, object> = {};
  const look = ({ properties = {} }: JsonSchema, path: readonly string[]) => {
    for (const [key, schema] of Object.entries(properties)) {
      look(schema, [...path, key]);
      if (!isNumber(schema)) continue;
      const { type, minimum, maximum, exclusiveMinimum } = schema;
      const unit = unitOf(key);
      if (unit !== undefined)
        found[[...path, key].join('.')] = { unit, type, minimum, maximum, exclusiveMinimum };
    }
  };
  look(z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }) as JsonSchema, []);
  return found;
}

function allowUnits({ properties = {} }: JsonSchema): void {
  for (const [key, schema] of Object.entries(properties)) {
    allowUnits(schema);
    const unit = isNumber(schema) ? unitOf(key) : undefined;
    if (unit === undefined) continue;
    const pattern = unit === 'bytes' ? sizePattern : timePattern;
    properties[key] = { anyOf: [schema, { type: 'string', pattern }] };
  }
}

function isNumber({ type }: JsonSchema): boolean {
  return type === 'integer' || type === 'number';
}

/** `files/policy.schema.json`, by which templates judge the value `policy`. */
export function policyJsonSchema(): Record<string, unknown> {
  return withoutDefaults(z.toJSONSchema(policySchema, { io: 'input', target: 'draft-7' }) as JsonSchema);
}

/** Puts what values.yaml says of a value beside what may be there. Sections of the agent's own have no comment there. */
function describe(schema: JsonSchema, [key = '', ...below]: string[], meaning: string): void {
  const inner = schema.properties?.[key];
  if (!inner) return;
  if (below.length > 0) describe(inner, below, meaning);
  // Not into a schema that others have, too.
  else schema.properties![key] = meaning === '' ? inner : { description: meaning, ...inner };
}

function without(schema: JsonSchema, keys: readonly string[]): JsonSchema {
  const properties = Object.entries(schema.properties!).filter(([key]) => !keys.includes(key));
  return { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false };
}

/** Defaults are the agent's, and one of them is this machine's name; `format` has words that only zod knows. */
function withoutDefaults(schema: JsonSchema): JsonSchema {
  const kept = Object.entries(schema).filter(([keyword]) => keyword !== 'default' && keyword !== 'format');
  const inner = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inner);
    return typeof value === 'object' && value !== null ? withoutDefaults(value as JsonSchema) : value;
  };
  return Object.fromEntries(
    kept.map(([keyword, value]) => {
      if (keyword !== 'properties') return [keyword, inner(value)];
      const properties = Object.entries(value as Record<string, JsonSchema>);
      return [keyword, Object.fromEntries(properties.map(([key, one]) => [key, withoutDefaults(one)]))];
    }),
  );
}
