import { inject } from 'vitest';
import { z } from 'zod';
import type { SecuredElasticsearch } from './starter.ts';

/** The one of this run, started by whoever asks first; undefined where there is no JDK 21 or no Maven. */
export function securedElasticsearch(): Promise<Omit<SecuredElasticsearch, 'stop'> | undefined> {
  return askStarter(inject('securedElasticsearchStarter'));
}

/** Rejects with the reason where it could not be fetched or does not start. */
export async function askStarter(url: string): Promise<Omit<SecuredElasticsearch, 'stop'> | undefined> {
  const answer = z.object({ url: z.string(), openUrl: z.string() }).optional();
  const response = await fetch(url);
  const body: unknown = await response.json();
  if (!response.ok && response.status !== 404)
    throw new Error(`Elasticsearch with security: ${String(body)}`);
  return response.ok ? answer.parse(body) : undefined;
}
