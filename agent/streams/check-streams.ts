import { z } from 'zod';
import type { CheckResult } from '../check-result.ts';
import { ElasticsearchError, parseAnswer, request } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { runtimeFields, runtimeNames } from './fields-in-force.ts';
import { agentStreams } from './own-streams.ts';
import type { OwnStream } from './own-streams.ts';
import type { Field } from './templates/fields.ts';
import { mappedFields, printedField } from './templates/mapped-fields.ts';

export interface StreamCheckOptions {
  namespace: string;
  /** Default: those that an agent writes to. */
  streams?: readonly OwnStream[] | undefined;
  signal?: AbortSignal | undefined;
}

const remedy =
  'Set elasticsearch.namespace to one that nothing else uses, or remove the stream (DELETE /_data_stream/<stream>) and let ' +
  'auditseal make it from its own index templates.';

/**
 * Looks whether our data streams, where they exist, are ours and keep documents as they were sent: a `problem` if not. Documents of
 * others besides ours are a `warning`. Throws ElasticsearchError when Elasticsearch does not answer.
 */
export async function checkStreams(
  client: ElasticsearchClient,
  { namespace, streams = agentStreams(namespace), signal }: StreamCheckOptions,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const own of streams) results.push(...(await checkStream(client, own, signal)));
  return results;
}

/** What one stream is not as it should be. */
type Deviation = Omit<CheckResult, 'name'>;

async function checkStream(
  client: ElasticsearchClient,
  own: OwnStream,
  signal: AbortSignal | undefined,
): Promise<CheckResult[]> {
  const name = `data stream ${own.name}`;
  const expected = 'a data stream of auditseal alone that keeps documents as they were sent';
  const ok = { name, state: 'ok', expected, remedy: '' } as const;
  try {
    const settings = await checkSettings(client, own.name, signal);
    if (!settings) return [{ ...ok, found: 'is not there yet' }];
    const deviations = [
      ...settings,
      ...(await checkMapping(client, own, signal)),
      ...(await checkDocuments(client, own, signal)),
    ];
    if (deviations.length === 0) return [{ ...ok, found: expected }];
    return deviations.map((deviation) => ({ name, ...deviation }));
  } catch (error) {
    if (!(error instanceof ElasticsearchError) || error.status !== 403) throw error;
    const found = 'needs the index privileges view_index_metadata and read';
    return [{ ...ok, state: 'unchecked', found }];
  }
}

const settingsAnswer = z.record(z.string(), z.object({ settings: z.record(z.string(), z.unknown()) }));

/** What is refused, as flat settings; what is absent has the default that we want. */
export const wantedSettings: Readonly<Record<string, string>> = {
  'index.mode': 'standard',
  'index.mapping.source.mode': 'stored',
  'index.default_pipeline': '_none',
  'index.final_pipeline': '_none',
};

/** Undefined if there is no such stream. */
async function checkSettings(
  client: ElasticsearchClient,
  stream: string,
  signal: AbortSignal | undefined,
): Promise<Deviation[] | undefined> {
  const path = `/${encodeURIComponent(stream)}/_settings`;
  const query = { flat_settings: 'true' };
  const { status, body } = await request(client, { method: 'GET', path, query, expect: [404], signal });
  if (status === 404) return undefined;
  const deviations: Deviation[] = [];
  for (const [index, { settings }] of Object.entries(parseAnswer(path, settingsAnswer, body))) {
    if (!index.startsWith('.ds-'))
      deviations.push(problem(`is an index or an alias (${index})`, 'a data stream'));
    for (const [key, expected] of Object.entries(wantedSettings)) {
      const found = settings[key] ?? expected;
      if (found !== expected)
        deviations.push(problem(`${index} has ${key} ${JSON.stringify(found)}`, `"${expected}"`));
    }
  }
  return deviations;
}

function problem(found: string, expected: string): Deviation {
  return { state: 'problem', found, expected, remedy };
}

/** Of fields, that a message names. */
const namedMax = 5;

const sourceKey = '_source';
const mappingAnswer = z.record(
  z.string(),
  z.object({
    mappings: z.object({
      [sourceKey]: z.record(z.string(), z.unknown()).optional(),
      runtime: runtimeFields.optional(),
      properties: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
);

/**
 * A mapping can turn `_source` off, make it synthetic or leave fields out of it, whatever the settings say. And a runtime field of
 * the name of one of ours hides what is there from every search, while `_source` is whole; so does a field of ours that leaves values
 * out of the index.
 */
async function checkMapping(
  client: ElasticsearchClient,
  { name: stream, mappedFields: ours }: OwnStream,
  signal: AbortSignal | undefined,
): Promise<Deviation[]> {
  const path = `/${encodeURIComponent(stream)}/_mapping`;
  const { body } = await request(client, { method: 'GET', path, signal });
  return Object.entries(parseAnswer(path, mappingAnswer, body)).flatMap(([index, { mappings }]) => {
    const changed = changesOfSource(mappings[sourceKey]);
    const shadowed = shadowedBy(mappings.runtime, ours);
    const otherwise = [...mappedFields(mappings)].filter(([name, field]) => {
      const own = ours.get(name);
      return own !== undefined && printedField(own) !== printedField(field);
    });
    return [
      ...(changed === undefined ? [] : [problem(`${index} maps _source as ${changed}`, 'as it was sent')]),
      ...(shadowed.length === 0 ? [] : [shadowing(index, shadowed)]),
      ...(otherwise.length === 0 ? [] : [otherwiseMapped(index, stream, otherwise)]),
    ];
  });
}

function otherwiseMapped(index: string, stream: string, fields: readonly [string, Field][]): Deviation {
  const named = fields.slice(0, namedMax).map(([name, field]) => `${name} as ${printedField(field)}`);
  const more = fields.length - named.length;
  return {
    state: 'warning',
    found: `${index} maps ${named.join(', ')}${more > 0 ? ` and ${more} more otherwise` : ''}`,
    expected: 'what the templates of this release say',
    remedy:
      'Searches, dashboards and rules may not find what was written there since; `_source` is whole. Unless an earlier release made the ' +
      `index, find out who changed it (Elasticsearch’s audit log). Run \`auditseal setup\`, then POST /${stream}/_rollover.`,
  };
}

/** Of our fields, those that a mapping's runtime fields hide. */
export function shadowedBy(
  runtime: z.infer<typeof runtimeFields> | undefined,
  ours: OwnStream['mappedFields'],
): string[] {
  return runtimeNames(runtime).filter((name) => ours.has(name));
}

/** No reason to stop: what is sealed is in `_source`, and whoever can change a mapping could stop the agent by it. */
function shadowing(index: string, shadowed: readonly string[]): Deviation {
  const removal = JSON.stringify({ runtime: Object.fromEntries(shadowed.map((name) => [name, null])) });
  return {
    state: 'warning',
    found: `${index} has runtime fields over ${shadowed.join(', ')}`,
    expected: 'the fields that auditseal maps',
    remedy:
      'Searches, dashboards and rules find what the script of such a field says, not what was stored; `_source` is whole, and ' +
      '`auditseal verify` of the whole log does not rest on it. Find out who set it (Elasticsearch’s audit log), then remove it: ' +
      `PUT /${index}/_mapping ${removal}`,
  };
}

/** What a mapping says of `_source` that changes it; undefined if nothing. */
export function changesOfSource(mapped: Readonly<Record<string, unknown>> = {}): string | undefined {
  const changed = Object.entries(mapped).filter(
    ([key, value]) => !(key === 'mode' && value === 'stored') && !(key === 'enabled' && value === true),
  );
  return changed.length > 0 ? JSON.stringify(Object.fromEntries(changed)) : undefined;
}

const countAnswer = z.object({ hits: z.object({ total: z.object({ value: z.int() }) }) });

/**
 * Documents without their field are not ours. Besides documents of ours they are no reason to stop: else whoever can add one
 * document to the stream could stop the agent. The verifier names them.
 */
async function checkDocuments(
  client: ElasticsearchClient,
  { name: stream, ownField }: OwnStream,
  signal: AbortSignal | undefined,
): Promise<Deviation[]> {
  const path = `/${encodeURIComponent(stream)}/_search`;
  const ours = { exists: { field: ownField } };
  const count = async (query: object) => {
    const body = { query, size: 0, track_total_hits: 1 };
    const whole = { allow_partial_search_results: 'false' };
    const answer = await request(client, { method: 'POST', path, query: whole, body, signal });
    return parseAnswer(path, countAnswer, answer.body).hits.total.value;
  };
  if ((await count({ bool: { must_not: ours } })) === 0) return [];
  const expected = "auditseal's alone";
  if ((await count(ours)) === 0) return [problem(`holds documents that are not auditseal's`, expected)];
  return [
    {
      state: 'warning',
      found: `holds documents without ${ownField} besides auditseal's`,
      expected,
      remedy:
        'Somebody else writes to the stream. What was sealed stays provable, and these documents prove nothing: `auditseal verify` ' +
        'names them. Look who may create documents there.',
    },
  ];
}
