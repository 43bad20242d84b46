import { z } from 'zod';
import type { ElasticsearchClient } from './client.ts';
import { ShipError } from './error.ts';
import { request } from './request.ts';
import { eventStream, recordStream } from './streams.ts';

export interface CheckOptions {
  namespace: string;
  signal?: AbortSignal | undefined;
}

/**
 * Looks whether our two data streams, where they exist, are ours and keep documents as they were sent.
 * Returns warnings for the log: what could not be checked for want of privileges, and documents of others beside ours.
 * Throws ShipError `foreign-stream` with what is wrong and the remedy, or another code when Elasticsearch does not answer.
 */
export async function checkStreams(
  client: ElasticsearchClient,
  options: CheckOptions,
): Promise<{ warnings: string[] }> {
  const warnings: string[] = [];
  const problems: string[] = [];
  for (const stream of [eventStream(options.namespace), recordStream(options.namespace)]) {
    try {
      if (!(await exists(client, stream, problems, options.signal))) continue;
      await checkSource(client, stream, problems, options.signal);
      await checkDocuments(client, stream, problems, warnings, options.signal);
    } catch (error) {
      if (!(error instanceof ShipError) || error.code !== 'unauthorized') throw error;
      warnings.push(
        `${stream} could not be checked (${error.message}): ` +
          'give these credentials the index privileges view_index_metadata and read to have it checked',
      );
    }
  }
  if (problems.length === 0) return { warnings };
  throw new ShipError(
    'foreign-stream',
    `${problems.join('; ')}. Set elasticsearch.namespace to one that nothing else uses, or remove the stream ` +
      '(DELETE /_data_stream/<stream>) and let auditseal make it from its own index templates',
  );
}

const settingsAnswer = z.record(z.string(), z.object({ settings: z.record(z.string(), z.unknown()) }));

/** What is refused, as flat settings; what is absent has the default that we want. */
const wanted: Readonly<Record<string, string>> = {
  'index.mode': 'standard',
  'index.mapping.source.mode': 'stored',
  'index.default_pipeline': '_none',
  'index.final_pipeline': '_none',
};

async function exists(
  client: ElasticsearchClient,
  stream: string,
  problems: string[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const path = `/${encodeURIComponent(stream)}/_settings`;
  const query = { flat_settings: 'true' };
  const { status, body } = await request(client, { method: 'GET', path, query, expect: [404], signal });
  if (status === 404) return false;
  for (const [index, { settings }] of Object.entries(parse(path, settingsAnswer, body))) {
    if (!index.startsWith('.ds-'))
      problems.push(`${stream} is an index or an alias, not a data stream (${index})`);
    for (const [key, value] of Object.entries(wanted)) {
      const found = settings[key] ?? value;
      if (found !== value)
        problems.push(`${stream}: ${index} has ${key} ${JSON.stringify(found)} instead of "${value}"`);
    }
  }
  return true;
}

const sourceKey = '_source';
const mappingAnswer = z.record(
  z.string(),
  z.object({ mappings: z.object({ [sourceKey]: z.record(z.string(), z.unknown()).optional() }) }),
);

/** A mapping can turn `_source` off, make it synthetic or leave fields out of it, whatever the settings say. */
async function checkSource(
  client: ElasticsearchClient,
  stream: string,
  problems: string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const path = `/${encodeURIComponent(stream)}/_mapping`;
  const { body } = await request(client, { method: 'GET', path, signal });
  for (const [index, { mappings }] of Object.entries(parse(path, mappingAnswer, body))) {
    const changed = Object.entries(mappings[sourceKey] ?? {}).filter(
      ([key, value]) => !(key === 'mode' && value === 'stored') && !(key === 'enabled' && value === true),
    );
    if (changed.length > 0)
      problems.push(`${stream}: ${index} maps _source as ${JSON.stringify(Object.fromEntries(changed))}`);
  }
}

const simulatedTemplate = z.object({
  settings: z.object({ index: z.record(z.string(), z.unknown()).default({}) }).partial(),
  mappings: z.object({ dynamic: z.unknown() }).partial().optional(),
});

/** Without any template that matches, the answer is empty. */
const simulatedAnswer = z.object({ template: simulatedTemplate.default({ settings: {} }) });

/**
 * Looks what Elasticsearch would make of our two data streams: with no template of ours in force, the built-in `logs` one or
 * an integration's would rewrite documents or map what clients send.
 * Returns warnings where it may not look. Throws ShipError `templates` with what is wrong and the remedy.
 */
export async function checkTemplates(
  client: ElasticsearchClient,
  options: CheckOptions,
): Promise<{ warnings: string[] }> {
  const problems: string[] = [];
  for (const stream of [eventStream(options.namespace), recordStream(options.namespace)]) {
    const path = `/_index_template/_simulate_index/${encodeURIComponent(stream)}`;
    try {
      const { body } = await request(client, { method: 'POST', path, signal: options.signal });
      problems.push(...problemsOf(stream, parse(path, simulatedAnswer, body).template));
    } catch (error) {
      if (!(error instanceof ShipError) || error.code !== 'unauthorized') throw error;
      return {
        warnings: [
          `the index templates could not be checked (${error.message}): have \`auditseal setup\` run once with the cluster privilege manage_index_templates`,
        ],
      };
    }
  }
  if (problems.length === 0) return { warnings: [] };
  throw new ShipError(
    'templates',
    `${problems.join('; ')}. Install auditseal's index templates (\`auditseal setup\`, or elasticsearch.installTemplates with ` +
      'the cluster privilege manage_index_templates), and remove templates of a higher priority that match these names',
  );
}

function problemsOf(stream: string, template: z.infer<typeof simulatedTemplate>): string[] {
  const flat = flatten('index', template.settings.index ?? {});
  const found = Object.entries(wanted).filter(([key, value]) => flat[key] !== value);
  const problems = found.map(
    ([key, value]) => `${stream} would have ${key} "${flat[key] ?? ''}" instead of "${value}"`,
  );
  if (String(template.mappings?.dynamic) !== 'false')
    problems.push(`${stream} would map fields that clients choose`);
  return problems;
}

function flatten(prefix: string, value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return { [prefix]: String(value) };
  const parts = Object.entries(value).map(([key, inner]) => flatten(`${prefix}.${key}`, inner));
  return Object.assign({}, ...parts) as Record<string, string>;
}

const countAnswer = z.object({ hits: z.object({ total: z.object({ value: z.int() }) }) });

/**
 * Documents without a log's name are not ours. Beside documents of ours they are no reason to stop: else whoever can add
 * one document to the stream could stop the agent. The verifier names them.
 */
async function checkDocuments(
  client: ElasticsearchClient,
  stream: string,
  problems: string[],
  warnings: string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const path = `/${encodeURIComponent(stream)}/_search`;
  const ours = { exists: { field: 'auditseal.origin' } };
  const count = async (query: object) => {
    const body = { query, size: 0, track_total_hits: 1 };
    const whole = { allow_partial_search_results: 'false' };
    const answer = await request(client, { method: 'POST', path, query: whole, body, signal });
    return parse(path, countAnswer, answer.body).hits.total.value;
  };
  if ((await count({ bool: { must_not: ours } })) === 0) return;
  if ((await count(ours)) === 0) problems.push(`${stream} holds documents that are not auditseal's`);
  else
    warnings.push(
      `${stream} holds documents without auditseal.origin beside auditseal's: run auditseal verify`,
    );
}

function parse<Shape extends z.ZodType>(path: string, shape: Shape, body: unknown): z.infer<Shape> {
  const { data, success } = shape.safeParse(body);
  if (success) return data;
  throw new ShipError(
    'bad-response',
    `${path}: not the answer of Elasticsearch: ${JSON.stringify(body).slice(0, 200)}`,
  );
}
