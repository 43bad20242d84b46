import { inject } from 'vitest';
import { z } from 'zod';
import type { SecuredElasticsearch } from './starter.ts';

/** The one of this run, started by whoever asks first; undefined where there is no JDK 21 or no Maven. */
export async function securedElasticsearch(): Promise<Omit<SecuredElasticsearch, 'stop'> | undefined> {
  const answer = z.object({ url: z.string(), openUrl: z.string() }).optional();
  const response = await fetch(inject('securedElasticsearchStarter'));
  const body: unknown = await response.json();
  if (response.status === 500) throw new Error(`Elasticsearch with security: ${String(body)}`);
  return response.ok ? answer.parse(body) : undefined;
}
