import { z } from 'zod';
import type { CheckResult } from '../check-result.ts';
import { ElasticsearchError, parseAnswer, request } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { changesOfSource, shadowedBy, wantedSettings } from './check-streams.ts';
import type { StreamCheckOptions } from './check-streams.ts';
import { runtimeFields } from './fields-in-force.ts';
import { agentStreams } from './own-streams.ts';
import type { OwnStream } from './own-streams.ts';
import { templates } from './templates/templates.ts';

const sourceKey = '_source';
const simulatedTemplate = z.object({
  settings: z
    .object({ index: z.record(z.string(), z.unknown()).default({}) })
    .partial()
    .default({}),
  mappings: z
    .object({
      dynamic: z.unknown(),
      [sourceKey]: z.record(z.string(), z.unknown()),
      properties: z.record(z.string(), z.unknown()),
      runtime: runtimeFields,
    })
    .partial()
    .optional(),
});

type Simulated = z.infer<typeof simulatedTemplate>;

/** Without any template that matches, the answer is empty. */
const simulatedAnswer = z.object({ template: simulatedTemplate.default({ settings: {} }) });

const remedy =
  "Install auditseal's index templates (`auditseal setup`, or elasticsearch.installTemplates with the cluster privilege " +
  'manage_index_templates), and remove templates of a higher priority that match these names, or except our names from their ' +
  'patterns. Under such settings nothing could be verified, so nothing is sent before.';

/**
 * Looks what Elasticsearch would make of our data streams: with no template of ours in force, the built-in `logs` one or an
 * integration's would rewrite documents or map what clients send, which is a `problem`. Throws ElasticsearchError.
 */
export async function checkTemplates(
  client: ElasticsearchClient,
  options: StreamCheckOptions,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const own of options.streams ?? agentStreams(options.namespace))
    results.push(...(await checkTemplate(client, own, options)));
  return results;
}

async function checkTemplate(
  client: ElasticsearchClient,
  own: OwnStream,
  { namespace, signal }: StreamCheckOptions,
): Promise<CheckResult[]> {
  const name = `index template for ${own.name}`;
  const ours = ourTemplate(namespace, own.name);
  const ok = { name, state: 'ok', expected: `${ours} in force`, remedy: '' } as const;
  const path = `/_index_template/_simulate_index/${encodeURIComponent(own.name)}`;
  try {
    const { body } = await request(client, { method: 'POST', path, signal });
    const { template } = parseAnswer(path, simulatedAnswer, body);
    const deviations = deviationsOf(own, template);
    const shadowed = shadowedBy(template.mappings?.runtime, own.mappedFields);
    if (deviations.length === 0 && shadowed.length > 0) return [shadowing(name, shadowed)];
    if (deviations.length === 0) return [{ ...ok, found: ok.expected }];
    const found = await inForce(client, ours, own.name, signal);
    return [...deviations, { found, expected: ok.expected }].map((deviation) => ({
      name,
      state: 'problem',
      ...deviation,
      remedy,
    }));
  } catch (error) {
    if (!(error instanceof ElasticsearchError) || error.status !== 403) throw error;
    return [{ ...ok, state: 'unchecked', found: 'needs the cluster privilege manage_index_templates' }];
  }
}

/** No reason to stop, as in a stream that is there. */
function shadowing(name: string, shadowed: readonly string[]): CheckResult {
  return {
    name,
    state: 'warning',
    found: `would lay runtime fields over ${shadowed.join(', ')}`,
    expected: 'the fields that auditseal maps',
    remedy:
      'In the backing indices that it makes, searches, dashboards and rules would find what a script says. Find out who changed ' +
      'the template, and run `auditseal setup`.',
  };
}

function ourTemplate(namespace: string, stream: string): string {
  const { events, records, verdicts } = templates(namespace, { retentionDays: 1 });
  return [events, records, verdicts].find((template) => template.stream === stream)!.name;
}

type Deviation = Pick<CheckResult, 'found' | 'expected'>;

function deviationsOf({ wantedFields }: OwnStream, { settings, mappings }: Simulated): Deviation[] {
  const flat = flatten('index', settings.index ?? {});
  const deviations: Deviation[] = Object.entries(wantedSettings)
    .filter(([key, expected]) => flat[key] !== expected)
    .map(([key, expected]) => ({
      found: `would set ${key} "${flat[key] ?? ''}"`,
      expected: `"${expected}"`,
    }));
  if (String(mappings?.dynamic) !== 'false')
    deviations.push({ found: 'would map fields that clients choose', expected: 'ours alone' });
  const changed = changesOfSource(mappings?.[sourceKey]);
  if (changed !== undefined)
    deviations.push({ found: `would map _source as ${changed}`, expected: 'as it was sent' });
  for (const [field, expected] of Object.entries(wantedFields)) {
    const mapped = typeOf(field.split('.'), mappings?.properties);
    if (mapped !== expected)
      deviations.push({ found: `would map ${field} as ${mapped ?? 'nothing'}`, expected });
  }
  return deviations;
}

const mappedField = z.object({ type: z.string(), properties: z.record(z.string(), z.unknown()) }).partial();

function typeOf(
  names: readonly string[],
  properties: Readonly<Record<string, unknown>> = {},
): string | undefined {
  const { data } = mappedField.safeParse(properties[names[0] ?? '']);
  return names.length > 1 ? typeOf(names.slice(1), data?.properties) : data?.type;
}

function flatten(prefix: string, value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return { [prefix]: String(value) };
  const parts = Object.entries(value).map(([key, inner]) => flatten(`${prefix}.${key}`, inner));
  return Object.assign({}, ...parts) as Record<string, string>;
}

const templatesAnswer = z.object({
  index_templates: z.array(
    z.object({
      name: z.string(),
      index_template: z.object({
        index_patterns: z.union([z.string(), z.array(z.string())]),
        priority: z.int().default(0),
      }),
    }),
  ),
});

/** Names the template that counts for a stream: Elasticsearch takes the one of the highest priority alone. */
async function inForce(
  client: ElasticsearchClient,
  ours: string,
  stream: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const path = '/_index_template';
  const { body } = await request(client, { method: 'GET', path, signal });
  const matching = parseAnswer(path, templatesAnswer, body)
    .index_templates.map(({ name, index_template: { index_patterns, priority } }) => ({
      name,
      priority,
      patterns: [index_patterns].flat(),
    }))
    .filter(({ patterns }) => patterns.some((pattern) => matches(pattern, stream)));
  const [first] = matching.toSorted((a, b) => b.priority - a.priority);
  if (!first) return 'no index template matches';
  const { name, priority, patterns } = first;
  return name === ours
    ? `the template in force, ${name}, is ours by its name and has been changed`
    : `the template in force is ${name} (priority ${priority}, patterns ${patterns.join(', ')})`;
}

/** Index patterns know `*` alone. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/gu, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 'u').test(name);
}
