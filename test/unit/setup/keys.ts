import { z } from 'zod';

const keys = z.object({
  api_keys: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      creation: z.number(),
      expiration: z.number().optional(),
      invalidated: z.boolean(),
      role_descriptors: z.record(
        z.string(),
        z.object({
          cluster: z.array(z.string()),
          indices: z.array(z.object({ names: z.array(z.string()), privileges: z.array(z.string()) })),
        }),
      ),
    }),
  ),
});
export type ApiKey = z.infer<typeof keys>['api_keys'][number];

/** All keys of a namespace, as Elasticsearch tells its administrator, oldest first; invalid ones among them. */
export async function keysOf(openUrl: string, namespace: string): Promise<ApiKey[]> {
  const { api_keys: all } = keys.parse(await ask(openUrl, 'GET', '/_security/api_key'));
  const own = all.filter(({ name }) => name.startsWith('auditseal-') && name.endsWith(namespace));
  return own.toSorted((a, b) => a.creation - b.creation);
}

/** The names of the roles of a namespace. */
export async function rolesOf(openUrl: string, namespace: string): Promise<string[]> {
  const all = z.record(z.string(), z.unknown()).parse(await ask(openUrl, 'GET', '/_security/role'));
  return Object.keys(all).filter((name) => name.endsWith(namespace));
}

export async function ask(openUrl: string, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${openUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}
