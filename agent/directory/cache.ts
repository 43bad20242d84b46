import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Entry } from '../identity/index.ts';
import type { DirectorySettings } from './schema.ts';

const schema = z.object({
  version: z.literal(1),
  settings: z.string(),
  readAt: z.iso.datetime(),
  entries: z.array(z.object({ names: z.array(z.string()).min(1), fields: z.record(z.string(), z.string()) })),
});

/** What a directory said, and when. */
export interface Cached {
  readonly entries: readonly Entry[];
  readonly readAt: Date;
}

/** The last people of a directory, in the state folder, which is the agent's alone: they are there when it starts while the directory is away. */
export class Cache {
  readonly #file: string;
  readonly #settings: string;

  constructor(folder: string, settings: DirectorySettings) {
    this.#file = join(folder, `directory-${settings.name}.json`);
    // Of other settings the same names may be other people.
    this.#settings = createHash('sha256').update(JSON.stringify(settings)).digest('hex');
  }

  /** Undefined where there is none, or it is of other settings, or broken. */
  async read(): Promise<Cached | undefined> {
    const text = await readFile(this.#file, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const { data } = schema.safeParse(jsonOf(text));
    return data?.settings === this.#settings
      ? { entries: data.entries, readAt: new Date(data.readAt) }
      : undefined;
  }

  /** Rejects where it cannot be written. A reader sees what was there, or all of this. */
  async write({ entries, readAt }: Cached): Promise<void> {
    const text = JSON.stringify({
      version: 1,
      settings: this.#settings,
      readAt: readAt.toISOString(),
      entries,
    });
    await writeFile(`${this.#file}.new`, text, { mode: 0o600 });
    await rename(`${this.#file}.new`, this.#file);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
