import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const fileSchema = z.record(z.string(), z.union([z.array(scalar), scalar.transform((value) => [value])]));

/**
 * k3s' configuration, as its documentation has it ("Multiple Config Files", also RKE2's): the file, then those of the folder of the same name
 * with `.d`, in alphabetical order. A key that comes again replaces what was there; with a `+` behind it, it adds to it.
 *
 * @returns the values of each key, in order
 */
export function readK3sConfig(file: string): ReadonlyMap<string, readonly string[]> {
  const folder = `${file}.d`;
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.ya?ml$/iu.test(name)) : [];
  const files = [...(existsSync(file) ? [file] : []), ...names.toSorted().map((name) => join(folder, name))];
  const config = new Map<string, readonly string[]>();
  for (const one of files)
    for (const [name, values] of Object.entries(fileSchema.parse(parse(readFileSync(one, 'utf8')) ?? {}))) {
      const key = name.replace(/\+$/u, '');
      const before = name === key ? [] : (config.get(key) ?? []);
      config.set(key, [...before, ...values]);
    }
  return config;
}
