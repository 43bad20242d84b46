import { parse } from 'csv-parse/sync';
import { messageOf } from '../error.ts';
import { isFields } from '../event/index.ts';
import type { Entry } from '../identity/index.ts';
import { fileBytesMax, InputError, parseYaml, readHashedTextFile } from '../input/index.ts';
import { parseJson } from '../json/index.ts';
import { DirectoryError } from './error.ts';
import { entryOf, Entries, mappingOf } from './mapping.ts';
import type { DirectorySettings } from './schema.ts';

/** What a file holds, and the SHA-256 of its bytes. */
export interface ReadFile {
  readonly entries: readonly Entry[];
  readonly sha256: string;
}

/**
 * The people of a file; undefined where its bytes are those of `before`. It is a list of objects, or an object whose member `people` is one, in YAML or JSON, or CSV with a
 * line of column names. Throws DirectoryError.
 */
export async function readFileDirectory(
  settings: DirectorySettings,
  before?: string,
): Promise<ReadFile | undefined> {
  const { path } = settings.file!;
  const { text, sha256 } = await readHashedTextFile(path, maxOf(path)).catch((cause: unknown) => {
    throw problemOf(path, cause);
  });
  if (sha256 === before) return undefined;
  const entries = new Entries(settings);
  const mapping = mappingOf(settings);
  for (const person of peopleIn(path, text))
    entries.add(entryOf((attribute) => valuesOf(person, attribute), mapping));
  return { entries: entries.all, sha256 };
}

function maxOf(path: string): number {
  return /\.ya?ml$/u.test(path) ? fileBytesMax.peopleInYaml : fileBytesMax.people;
}

function valuesOf(person: unknown, attribute: string): unknown[] {
  if (!isFields(person) || !Object.hasOwn(person, attribute)) return [];
  const value = person[attribute];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

function peopleIn(path: string, text: string): readonly unknown[] {
  const found = parsed(path, text);
  const list = isFields(found) ? found['people'] : found;
  if (Array.isArray(list) && list.every(isFields)) return list;
  throw new DirectoryError(
    'bad-response',
    `${path} is no list of people, nor an object with one as its member people`,
  );
}

function parsed(path: string, text: string): unknown {
  try {
    if (path.endsWith('.csv'))
      return parse(text, { columns: true, bom: true, skip_empty_lines: true, trim: true });
    return path.endsWith('.json') ? parseJson(Buffer.from(text)) : parseYaml(text);
  } catch (cause) {
    throw problemOf(path, cause);
  }
}

/** The library's message about CSV has the line; no part of it is of the text. */
function problemOf(path: string, cause: unknown): DirectoryError {
  if (cause instanceof InputError)
    return new DirectoryError(
      cause.code === 'absent' || cause.code === 'unreadable' ? 'settings' : 'bad-response',
      `${path} ${cause.message}`,
      {
        cause,
      },
    );
  return new DirectoryError('bad-response', `${path} is not CSV: ${csvProblem(cause)}`, { cause });
}

function csvProblem(cause: unknown): string {
  const line = /(?:on|at) line (\d+)/u.exec(messageOf(cause))?.[1];
  return line === undefined ? 'it cannot be read' : `see line ${line}`;
}
