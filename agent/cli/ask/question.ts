import { ConfigError } from '../../config/index.ts';
import { eventStream, recordStream } from '../../streams/index.ts';
import all from './questions.json' with { type: 'json' };

/** A ready question of docs/queries.md. */
export interface Question {
  number: number;
  title: string;
  /** Of which stream. */
  of: 'events' | 'records';
  /** A search in Query DSL, with placeholders as `<USER>` in its texts. */
  body: unknown;
}

export const questions = all as readonly Question[];

/** What every question has, and the options `--since` and `--until` say. */
const times: ReadonlySet<string> = new Set(['FROM', 'TO']);

const placeholder = /<([A-Z-]+)>/gu;

export function streamOf({ of }: Question, namespace: string): string {
  return of === 'events' ? eventStream(namespace) : recordStream(namespace);
}

/** What a question has to be told, in the order in which it is asked for. */
export function wantedBy({ body }: Question): string[] {
  const names = [...JSON.stringify(body).matchAll(placeholder)].map(([, name]) => name!);
  return [...new Set(names)].filter((name) => !times.has(name));
}

/** Reads `NAME=value`, for this question. Throws ConfigError with all that is wrong. */
export function valuesOf(question: Question, given: readonly string[]): Record<string, string> {
  const wanted = wantedBy(question);
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const text of given) {
    const [, name = '', value = ''] = /^([^=]*)=([\s\S]*)$/u.exec(text) ?? [];
    if (!wanted.includes(name) || value === '')
      problems.push(
        `${JSON.stringify(text)}: it must be ${wanted.length === 0 ? 'left out' : `as ${wanted[0]}=value, of ${wanted.join(', ')}`}`,
      );
    else values[name] = value;
  }
  for (const name of wanted)
    if (!Object.hasOwn(values, name))
      problems.push(`${name}=…: question ${question.number} needs it (docs/queries.md says what it is)`);
  if (problems.length > 0) throw new ConfigError('options', problems);
  return values;
}

/** The body with values in the place of placeholders. They stay texts: no value can become a part of the query. */
export function filled(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string')
    return value.replaceAll(placeholder, (_, name: string) => values[name] ?? '');
  if (Array.isArray(value)) return value.map((item: unknown) => filled(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, values)]));
}
