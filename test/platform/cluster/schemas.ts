import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const definitionSchema = z.looseObject({
  'x-kubernetes-group-version-kind': z
    .array(z.object({ group: z.string(), version: z.string(), kind: z.string() }))
    .optional(),
});
const documentSchema = z.object({ definitions: z.record(z.string(), definitionSchema) });

/** Where kubeconform finds what {@link writeSchemas} writes into `folder`. */
export const schemaLocation = (folder: string) => join(folder, '{{ .ResourceKind }}{{ .KindSuffix }}.json');

/**
 * Makes JSON schemas for kubeconform of an apiserver's own OpenAPI (`/openapi/v2`), strict: a member that is not in the schema is
 * wrong. Returns how many kinds it has.
 */
export async function writeSchemas(openapi: unknown, folder: string): Promise<number> {
  const { definitions } = documentSchema.parse(openapi);
  const strict = Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [name, schemaOf(name, definition)]),
  );
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '_definitions.json'), JSON.stringify({ definitions: strict }));
  let kinds = 0;
  for (const [name, definition] of Object.entries(definitions))
    for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? []) {
      // kubeconform's own naming: the group's first part alone.
      const suffix = [group.split('.')[0], version].filter((part) => part !== '').join('-');
      await writeFile(join(folder, `${kind.toLowerCase()}-${suffix}.json`), JSON.stringify(strict[name]));
      kinds += 1;
    }
  return kinds;
}

function schemaOf(name: string, definition: unknown): unknown {
  // Written as numbers too, which OpenAPI 2 cannot say.
  if (name.endsWith('.resource.Quantity')) return { oneOf: [{ type: 'string' }, { type: 'number' }] };
  if (name.endsWith('.intstr.IntOrString')) return { oneOf: [{ type: 'string' }, { type: 'integer' }] };
  return strictly(definition);
}

function strictly(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strictly);
  if (typeof schema !== 'object' || schema === null) return schema;
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === '$ref')
      result[key] = String(value).replace('#/definitions/', '_definitions.json#/definitions/');
    else if (key === 'properties')
      // The names of members are no keywords.
      result[key] = Object.fromEntries(
        Object.entries(value as object).map(([name, one]) => [name, strictly(one)]),
      );
    else result[key] = strictly(value);
  }
  if (result['x-kubernetes-int-or-string'] === true || result['format'] === 'int-or-string') {
    delete result['type'];
    result['oneOf'] = [{ type: 'string' }, { type: 'integer' }];
  }
  const open =
    result['additionalProperties'] !== undefined || result['x-kubernetes-preserve-unknown-fields'] === true;
  if (result['properties'] !== undefined && !open) result['additionalProperties'] = false;
  return result;
}
