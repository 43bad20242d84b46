import type { z } from 'zod';
import { ElasticsearchError } from './error.ts';

/** An answer as far as we read it. Throws ElasticsearchError `bad-response`. */
export function parseAnswer<Shape extends z.ZodType>(
  path: string,
  shape: Shape,
  body: unknown,
): z.infer<Shape> {
  const { data, success } = shape.safeParse(body);
  if (success) return data;
  throw new ElasticsearchError(
    'bad-response',
    `${path}: not the answer of Elasticsearch: ${JSON.stringify(body).slice(0, 200)}`,
  );
}

/** True of the answer of a server that lacks an API: security is off, or the module is not there. */
export function lacksApi(error: unknown): boolean {
  return (
    error instanceof ElasticsearchError &&
    (error.status === 405 || (error.status === 400 && error.message.includes(noHandler)))
  );
}

/** What Elasticsearch says, with 400, of a path that no module of it serves. */
export const noHandler = 'no handler found for uri';
