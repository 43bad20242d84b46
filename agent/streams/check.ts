import { z } from 'zod';
import { parseAnswer, ElasticsearchError, request } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { agentStreams } from './own-streams.ts';
import type { OwnStream } from './own-streams.ts';

export interface CheckOptions {
  namespace: string;
  /** Default: those that an agent writes to. */
  streams?: readonly OwnStream[] | undefined;
  signal?: AbortSignal | undefined;
}

/** For the log. */
export interface Checked {
  /** What is not as it should be. */
  warnings: string[];
  /** What these credentials may not look at, and the privileges that it would take. */
  unchecked: string[];
}

/**
 * Looks whether our data streams, where they exist, are ours and keep documents as they were sent.
 * Warns of documents of others beside ours.
 * Throws ElasticsearchError `foreign-stream` with what is wrong and the remedy, or another code when Elasticsearch does not answer.
 */
export async function checkStreams(client: ElasticsearchClient, options: CheckOptions): Promise<Checked> {
  const warnings: string[] = [];
  const unchecked: string[] = [];
  const problems: string[] = [];
  for (const own of options.streams ?? agentStreams(options.namespace)) {
    const stream = own.name;
    try {
      if (!(await exists(client, stream, problems, options.signal))) continue;
      await checkSource(client, stream, problems, options.signal);
      await checkDocuments(client, own, problems, warnings, options.signal);
    } catch (error) {
      if (!(error instanceof ElasticsearchError) || error.status !== 403) throw error;
      unchecked.push(`${stream} (index privileges view_index_metadata and read)`);
    }
  }
  if (problems.length === 0) return { warnings, unchecked };
  throw new ElasticsearchError(
    'foreign-stream',
    `${problems.join('; ')}. Set elasticsearch.namespace to one that nothing else uses, or remove the stream ` +
      '(DELETE /_data_stream/<stream>) and let auditseal make it from its own index templates',
  );
}

const settingsAnswer = z.record(z.string(), z.object({ settings: z.record(z.string(), z.unknown()) }));

/** What is refused, as flat settings; what is absent has the default that we want. */
export const wantedSettings: Readonly<Record<string, string>> = {
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
  for (const [index, { settings }] of Object.entries(parseAnswer(path, settingsAnswer, body))) {
    if (!index.startsWith('.ds-'))
      problems.push(`${stream} is an index or an alias, not a data stream (${index})`);
    for (const [key, value] of Object.entries(wantedSettings)) {
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
  for (const [index, { mappings }] of Object.entries(parseAnswer(path, mappingAnswer, body))) {
    const changed = changesOfSource(mappings[sourceKey]);
    if (changed) problems.push(`${stream}: ${index} maps _source as ${changed}`);
  }
}

/** What a mapping says of `_source` beside what it should be anyway; undefined if nothing. */
export function changesOfSource(mapped: Readonly<Record<string, unknown>> = {}): string | undefined {
  const changed = Object.entries(mapped).filter(
    ([key, value]) => !(key === 'mode' && value === 'stored') && !(key === 'enabled' && value === true),
  );
  return changed.length > 0 ? JSON.stringify(Object.fromEntries(changed)) : undefined;
}

const countAnswer = z.object({ hits: z.object({ total: z.object({ value: z.int() }) }) });

/**
 * Documents without their field are not ours. Beside documents of ours they are no reason to stop: else whoever can add
 * one document to the stream could stop the agent. The verifier names them.
 */
async function checkDocuments(
  client: ElasticsearchClient,
  { name: stream, ownField }: OwnStream,
  problems: string[],
  warnings: string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const path = `/${encodeURIComponent(stream)}/_search`;
  const ours = { exists: { field: ownField } };
  const count = async (query: object) => {
    const body = { query, size: 0, track_total_hits: 1 };
    const whole = { allow_partial_search_results: 'false' };
    const answer = await request(client, { method: 'POST', path, query: whole, body, signal });
    return parseAnswer(path, countAnswer, answer.body).hits.total.value;
  };
  if ((await count({ bool: { must_not: ours } })) === 0) return;
  if ((await count(ours)) === 0) problems.push(`${stream} holds documents that are not auditseal's`);
  else
    warnings.push(`${stream} holds documents without ${ownField} beside auditseal's: run auditseal verify`);
}
