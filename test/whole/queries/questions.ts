import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const file = join(import.meta.dirname, '../../../docs/queries.md');

/** A question of docs/queries.md, as it stands there. */
export interface Question {
  number: number;
  title: string;
  kql: string;
  /** Of the Query DSL form: the stream, and the body's text. */
  stream: string;
  dsl: string;
  esql: string;
}

const section = /^### (\d+)\. (.*)\n([\s\S]*?)(?=^### |(?![\s\S]))/gmu;
const request = /^POST \/(\S+)\/_search\n([\s\S]*)$/u;

/** All questions. Throws if one of them lacks a form, or has one twice. */
export async function questions(): Promise<Question[]> {
  const text = await readFile(file, 'utf8');
  return [...text.matchAll(section)].map(([, number, title = '', body = '']) => {
    const [, stream, dsl] = z
      .tuple([z.string(), z.string(), z.string()])
      .parse(request.exec(fence(body, 'console', title)));
    return {
      number: Number(number),
      title,
      kql: fence(body, 'kql', title),
      stream,
      dsl,
      esql: fence(body, 'esql', title),
    };
  });
}

function fence(body: string, language: string, title: string): string {
  const found = [...body.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\`$`, 'gmu'))];
  if (found.length !== 1) throw new Error(`${title}: ${found.length} forms in ${language}`);
  return found[0]![1]!;
}

/** The placeholders that the document explains. */
export async function placeholders(): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `<'));
  return rows.flatMap((line) => [...line.split('|')[1]!.matchAll(/<[A-Z-]+>/gu)].map(([name]) => name));
}

/** Puts values in the place of placeholders. Throws on one that has none. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/<[A-Z-]+>/gu, (name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for ${name}`);
    return value;
  });
}
