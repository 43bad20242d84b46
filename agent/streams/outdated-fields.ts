import { z } from 'zod';
import { backingIndices, parseAnswer, request } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import type { Field } from './templates/fields.ts';
import { mappedFields, printedField } from './templates/mapped-fields.ts';

const mappingAnswer = z.record(
  z.string(),
  z.object({ mappings: z.object({ properties: z.record(z.string(), z.unknown()).optional() }) }),
);

/**
 * The names of the fields that a stream's newest backing index, the one that is written to, does not have as a template says: what is
 * written is not found by them until the stream is rolled over. Throws ElasticsearchError.
 */
export async function outdatedFields(
  client: ElasticsearchClient,
  stream: string,
  mapping: Field,
  signal: AbortSignal,
): Promise<string[]> {
  const newest = (await backingIndices(client, stream, signal)).at(-1);
  if (newest === undefined) return [];
  const path = `/${encodeURIComponent(newest)}/_mapping`;
  const { body } = await request(client, { method: 'GET', path, signal });
  const found = mappedFields(parseAnswer(path, mappingAnswer, body)[newest]?.mappings ?? {});
  return [...mappedFields(mapping)]
    .filter(([name, field]) => printed(found.get(name)) !== printed(field))
    .map(([name]) => name);
}

function printed(field: Field | undefined): string | undefined {
  return field && printedField(field);
}
