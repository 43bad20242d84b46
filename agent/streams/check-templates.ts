import { z } from 'zod';
import { parseAnswer, ElasticsearchError, request } from '../elasticsearch/index.ts';
import { changesOfSource, wantedSettings } from './check.ts';
import type { Checked, CheckOptions } from './check.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { agentStreams } from './own-streams.ts';
import type { OwnStream } from './own-streams.ts';
import { templates } from './templates/definition.ts';

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
    })
    .partial()
    .optional(),
});

type Simulated = z.infer<typeof simulatedTemplate>;

/** Without any template that matches, the answer is empty. */
const simulatedAnswer = z.object({ template: simulatedTemplate.default({ settings: {} }) });

/**
 * Looks what Elasticsearch would make of our data streams: with no template of ours in force, the built-in `logs` one or
 * an integration's would rewrite documents or map what clients send.
 * Throws ElasticsearchError `templates` with what is wrong and the remedy.
 */
export async function checkTemplates(client: ElasticsearchClient, options: CheckOptions): Promise<Checked> {
  const { namespace, signal } = options;
  const problems: string[] = [];
  for (const own of options.streams ?? agentStreams(namespace)) {
    const path = `/_index_template/_simulate_index/${encodeURIComponent(own.name)}`;
    try {
      const { body } = await request(client, { method: 'POST', path, signal });
      const found = problemsOf(own, parseAnswer(path, simulatedAnswer, body).template);
      if (found.length > 0) problems.push(...found, await inForce(client, options, own.name));
    } catch (error) {
      if (!(error instanceof ElasticsearchError) || error.status !== 403) throw error;
      return { warnings: [], unchecked: ['the index templates (cluster privilege manage_index_templates)'] };
    }
  }
  if (problems.length === 0) return { warnings: [], unchecked: [] };
  throw new ElasticsearchError(
    'templates',
    `${problems.join('; ')}. Install auditseal's index templates (\`auditseal setup\`, or elasticsearch.installTemplates with ` +
      'the cluster privilege manage_index_templates), and remove templates of a higher priority that match these names, ' +
      'or except our names from their patterns',
  );
}

function problemsOf({ name: stream, wantedFields }: OwnStream, { settings, mappings }: Simulated): string[] {
  const flat = flatten('index', settings.index ?? {});
  const found = Object.entries(wantedSettings).filter(([key, value]) => flat[key] !== value);
  const problems = found.map(
    ([key, value]) => `${stream} would have ${key} "${flat[key] ?? ''}" instead of "${value}"`,
  );
  if (String(mappings?.dynamic) !== 'false') problems.push(`${stream} would map fields that clients choose`);
  const changed = changesOfSource(mappings?.[sourceKey]);
  if (changed) problems.push(`${stream} would map _source as ${changed}`);
  for (const [field, type] of Object.entries(wantedFields)) {
    const mapped = typeOf(field.split('.'), mappings?.properties);
    if (mapped !== type)
      problems.push(`${stream} would map ${field} as ${mapped ?? 'nothing'} instead of ${type}`);
  }
  return problems;
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
  { namespace, signal }: CheckOptions,
  stream: string,
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
  const { events, records, verdicts } = templates(namespace, { retentionDays: 1 });
  const ours = [events, records, verdicts].find((template) => template.stream === stream)?.name;
  if (!first) return `no index template matches ${stream}`;
  const { name, priority, patterns } = first;
  return name === ours
    ? `the template in force, ${name}, is ours by its name and has been changed`
    : `the template in force for ${stream} is ${name} (priority ${priority}, patterns ${patterns.join(', ')})`;
}

/** Index patterns know `*` alone. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/gu, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 'u').test(name);
}
