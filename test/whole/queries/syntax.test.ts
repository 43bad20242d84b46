import { beforeAll, describe, expect, test } from 'vitest';
import { templates } from '../../../agent/streams/index.ts';
import { fieldsOf } from '../../kit/kql.ts';
import { parse, parserTools } from './parsers/index.ts';
import type { Parsed } from './parsers/index.ts';
import { questions } from './questions.ts';

/** Documented for 9.x: elastic.co/docs/reference/query-languages/esql/esql-functions-operators. */
const functions = new Set(['COUNT', 'DATE_EXTRACT', 'KQL', 'MAX', 'MIN', 'SUM', 'TO_DATETIME']);

/** Shown as a whole out of `_source`, not searched; what of it is mapped are its members. */
const stored = new Set(['auditseal.dropped_by']);

interface Field {
  type?: string;
  properties?: Record<string, Field>;
}

/** The paths of the fields that a stream's mapping indexes. */
function mapped(stream: string): Set<string> {
  const { components } = templates('auditseal', { retentionDays: 400 });
  const name = stream.startsWith('logs-auditseal.') ? 'records' : 'events';
  const component = components.find((each) => each.name === `auditseal-${name}-auditseal`)!;
  const { mappings } = component.body['template'] as { mappings: Field };
  return new Set(pathsOf(mappings, ''));
}

function pathsOf({ properties = {} }: Field, prefix: string): string[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    return field.properties ? pathsOf(field, `${path}.`) : [path];
  });
}

const all = await questions();
const jdk = await parserTools();

describe('every query of docs/queries.md', () => {
  test.each(all)('question $number, KQL: only fields that are indexed', ({ kql, stream }) => {
    const fields = fieldsOf(kql);
    expect(fields.length).toBeGreaterThan(0);
    expect(fields.filter((field) => !mapped(stream).has(field))).toEqual([]);
  });

  test.each(all)('question $number, Query DSL: only fields that are indexed', ({ dsl, stream }) => {
    const fields = [...dsl.matchAll(/"([@a-zA-Z_]+(?:\.[a-zA-Z_]+)+|@timestamp)"/gu)].map(
      ([, name]) => name!,
    );
    expect(fields.filter((field) => !mapped(stream).has(field) && !stored.has(field))).toEqual([]);
  });

  test.each(all)('question $number, ES|QL: asks the same stream by the same KQL', ({ esql, kql, stream }) => {
    expect(esql.split('\n')[0]).toBe(`FROM ${stream}`);
    const asked = [...esql.matchAll(/KQL\("""(.*?)"""\)/gu)].map(([, text]) => text);
    expect(asked).toEqual([kql.replaceAll(/\s+/gu, ' ')]);
  });
});

// Elasticsearch's parsers need a JDK and Maven, which a machine with an Elasticsearch of its own may lack.
describe.skipIf(!jdk)('as Elasticsearch’s own grammars have it', () => {
  let esql: Parsed[];
  let kql: Parsed[];
  let wrong: Parsed[];

  beforeAll(async () => {
    const parsed = await parse(jdk!, [
      ...all.map((question) => ({ language: 'esql' as const, text: question.esql })),
      ...all.map((question) => ({ language: 'kql' as const, text: question.kql })),
      // FIRST is a word of the language.
      { language: 'esql', text: 'FROM a | STATS first = MIN(b) BY c' },
      { language: 'esql', text: 'FROM a | WHERE (b == 1' },
      { language: 'kql', text: 'a : (b or' },
    ]);
    [esql, kql, wrong] = [
      parsed.slice(0, all.length),
      parsed.slice(all.length, 2 * all.length),
      parsed.slice(2 * all.length),
    ];
  });

  test.each(all.map(({ title }, i) => [title, i] as const))(
    '%s: the ES|QL form parses, and names only indexed fields, columns that it made itself, and documented functions',
    (_title, i) => {
      const { errors, names, functions: called } = esql[i]!;
      const { esql: text, stream } = all[i]!;
      const made = new Set([...text.matchAll(/\b([a-z_]+) = /gu)].map(([, name]) => name!));
      expect(errors).toEqual([]);
      expect(names.length).toBeGreaterThan(3);
      expect(names.filter((name) => !mapped(stream).has(name) && !made.has(name))).toEqual([]);
      expect(called.filter((name) => !functions.has(name))).toEqual([]);
    },
  );

  test('every KQL form parses, and has the fields that our own translation sees', () => {
    expect(kql.map(({ errors }) => errors)).toEqual(all.map(() => []));
    expect(kql.map(({ names }) => new Set(names))).toEqual(all.map((each) => new Set(fieldsOf(each.kql))));
  });

  test('what is wrong is noticed', () => {
    expect(wrong.map(({ errors }) => errors.length > 0)).toEqual([true, true, true]);
  });
});
