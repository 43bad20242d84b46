import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { questions } from './questions.ts';

export const readyFile = join(import.meta.dirname, '../../../agent/cli/ask/questions.json');

/** What `auditseal ask` asks: the Query DSL forms of docs/queries.md. */
export async function readyQuestions(): Promise<string> {
  const all = (await questions()).map(({ number, title, stream, dsl }) => ({
    number,
    title,
    of: stream.startsWith('logs-auditseal.') ? 'records' : 'events',
    body: JSON.parse(dsl) as unknown,
  }));
  return await format(JSON.stringify(all), { ...(await resolveConfig(readyFile)), filepath: readyFile });
}
