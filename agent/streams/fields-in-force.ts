import { z } from 'zod';
import { ElasticsearchError, parseAnswer, request } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { mappedFieldsOf } from './own-streams.ts';
import type { Field } from './templates/fields.ts';
import { printedField } from './templates/mapped-fields.ts';

/** Names of fields, and the types that the templates give them. */
export type ExpectedFields = Readonly<Record<string, string>>;

/** What a question about a part of the events stream rests on. */
export const eventFields: ExpectedFields = {
  '@timestamp': 'date',
  'auditseal.origin': 'keyword',
  'auditseal.batch': 'long',
  'event.sequence': 'long',
};

/** The same of the record stream. */
export const recordFields: ExpectedFields = {
  '@timestamp': 'date',
  'auditseal.origin': 'keyword',
  'auditseal.batch': 'long',
  'auditseal.first': 'long',
  'auditseal.size': 'long',
  'auditseal.index': 'long',
};

/** What came of looking at the fields of a stream. */
export interface FieldsInForce {
  /** Why an answer about a part of the stream cannot be relied on. */
  problems: string[];
  /** Whether the mappings could be read: what field capabilities leave out shows only there. */
  isMappingRead: boolean;
}

const capabilities = z.object({
  fields: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({ searchable: z.boolean(), indices: z.union([z.string(), z.array(z.string())]).optional() }),
    ),
  ),
});

interface Property {
  properties?: Record<string, Property>;
}

/** `runtime` of a mapping. */
export const runtimeFields = z.record(z.string(), z.looseObject({}));

const mappings = z.record(
  z.string(),
  z.object({ mappings: z.object({ runtime: runtimeFields.optional() }).loose() }),
);

/**
 * Whether fields are, in every backing index, what the templates say. Whoever administers the streams can lay a runtime field
 * over one: a search for a time range then finds what its script says, while `_source` is whole. Or he has values left out of the index
 * (`ignore_above`), times read by another format: the type alone says nothing. A stream that is not there has
 * no problem. Throws ElasticsearchError.
 */
export async function fieldsInForce(
  client: ElasticsearchClient,
  stream: string,
  expected: ExpectedFields,
  signal?: AbortSignal,
): Promise<FieldsInForce> {
  const path = `/${encodeURIComponent(stream)}/_field_caps`;
  const query = { fields: Object.keys(expected).join(','), include_unmapped: 'true' };
  const { status, body } = await request(client, { method: 'GET', path, query, expect: [404], signal });
  if (status === 404) return { problems: [], isMappingRead: true };
  const { fields } = parseAnswer(path, capabilities, body);
  const problems = Object.entries(expected).flatMap(([name, type]) => {
    const found = fields[name] ?? {};
    const isAsExpected = Object.keys(found).length === 1 && found[type]?.searchable === true;
    const types = Object.entries(found).map(([of, { searchable }]) =>
      searchable ? of : `${of} (not searchable)`,
    );
    return isAsExpected ? [] : [`${stream}: ${name} is ${types.join(' and ') || 'not mapped'}, not ${type}`];
  });
  const mapped = await mappingProblems(client, stream, expected, signal);
  return { problems: [...problems, ...(mapped ?? [])], isMappingRead: mapped !== undefined };
}

/** The full names of a mapping's runtime fields: a composite one makes a field of each of its members. */
export function runtimeNames(runtime: Readonly<Record<string, unknown>> = {}): string[] {
  return Object.entries(runtime).flatMap(([name, field]) => {
    const { fields } = field as { fields?: unknown };
    if (typeof fields !== 'object' || fields === null) return [name];
    return Object.keys(fields).map((member) => `${name}.${member}`);
  });
}

/** Undefined where the key may not read the mapping. */
async function mappingProblems(
  client: ElasticsearchClient,
  stream: string,
  expected: ExpectedFields,
  signal?: AbortSignal,
): Promise<string[] | undefined> {
  const path = `/${encodeURIComponent(stream)}/_mapping`;
  const ofTemplate = mappedFieldsOf(stream);
  try {
    const { body } = await request(client, { method: 'GET', path, signal });
    return Object.entries(parseAnswer(path, mappings, body)).flatMap(([index, { mappings: mapping }]) =>
      Object.entries(expected).flatMap(([name, type]) => {
        const own = fieldOf(mapping as Property, name);
        // What an alias finds is as its field is.
        const names = own?.['type'] === 'alias' ? [name, String(own['path'])] : [name];
        const runtime = runtimeNames(mapping.runtime).find((one) => names.includes(one));
        if (runtime !== undefined) return [`${index}: ${runtime} is a runtime field`];
        const found = fieldOf(mapping as Property, names.at(-1)!)?.['type'];
        if (found !== type) return [`${index}: ${name} is mapped as ${String(found)}, not ${type}`];
        return names.flatMap((one) => {
          const [is, wanted] = [fieldOf(mapping as Property, one), ofTemplate.get(one)];
          return !is || !wanted || printedField(is) === printedField(wanted)
            ? []
            : [`${index}: ${one} is mapped as ${printedField(is)}, not ${printedField(wanted)}`];
        });
      }),
    );
  } catch (error) {
    if (error instanceof ElasticsearchError && error.code === 'unauthorized') return undefined;
    throw error;
  }
}

/** Of a field that is no member of a flat object. */
function fieldOf(mapping: Property, name: string): Field | undefined {
  let at: Property | undefined = mapping;
  for (const part of name.split('.')) at = at?.properties?.[part];
  return at as Field | undefined;
}
