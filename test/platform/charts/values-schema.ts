import { z } from 'zod';
import { configSchema } from '../../../agent/config/index.ts';

interface JsonSchema {
  [keyword: string]: unknown;
  properties?: Record<string, JsonSchema>;
}

/** What the chart itself writes into auditseal.yaml; `config` may set everything else. */
const ofTheChart = ['cluster', 'node', 'stateDir', 'sources', 'policyFile', 'http'];
const ofTheChartInElasticsearch = ['urls', 'namespace', 'apiKeyFile', 'lookupApiKeyFile', 'caFile'];

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
const atLeastNone = { type: 'integer', minimum: 0 };
const strict = (properties: Record<string, unknown>) => ({
  type: 'object',
  properties,
  additionalProperties: false,
});

/** `values.schema.json`: strict, so that a wrong or unknown value fails with its path; `config` follows the agent's own schema. */
export function valuesSchema(): Record<string, unknown> {
  const agent = withoutDefaults(
    z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }) as JsonSchema,
  );
  const { cluster, sources, stateDir } = agent.properties!;
  const namespace = agent.properties!['elasticsearch']!.properties!['namespace'];
  const config = without(agent, ofTheChart);
  config.properties!['elasticsearch'] = without(
    config.properties!['elasticsearch']!,
    ofTheChartInElasticsearch,
  );
  const url = { type: 'string', pattern: '^(https?://[^@?#]+)?$' };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the auditseal chart',
    ...strict({
      global: anyObject,
      cluster,
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
      policy: text,
      image: strict({
        repository: { type: 'string', minLength: 1 },
        tag: text,
        digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
        pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
      }),
      imagePullSecrets: anyObjects,
      nameOverride: text,
      fullnameOverride: text,
      stateDir,
      affinity: anyObject,
      nodeSelector: texts,
      tolerations: anyObjects,
      priorityClassName: objectName,
      updateStrategy: anyObject,
      resources: anyObject,
      podSecurityContext: anyObject,
      securityContext: anyObject,
      serviceAccount: strict({ create: flag, name: objectName, annotations: texts }),
      networkPolicy: strict({
        enabled: flag,
        elasticsearchPeers: anyObjects,
        elasticsearchPorts: { type: 'array', items: port },
        metricsPeers: anyObjects,
      }),
      metrics: strict({
        port,
        podMonitor: strict({ enabled: flag, interval, labels: texts }),
        serviceMonitor: strict({ enabled: flag, interval, labels: texts }),
        prometheusRule: strict({ enabled: flag, labels: texts }),
      }),
      openshift: strict({ scc: flag }),
      podAnnotations: texts,
      podLabels: texts,
      commonLabels: texts,
      extraEnv: anyObjects,
      extraVolumes: anyObjects,
      extraVolumeMounts: anyObjects,
      setup: strict({
        enabled: flag,
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
      test: strict({ existingSecret: objectName, apiKeyKey: { ...secretKey, minLength: 1 } }),
    }),
  };
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
