import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A hostile client could fill the disk with such events: beyond this nothing more is quarantined. */
const bytesMax = 256 * 1024 * 1024;

/**
 * Events that Elasticsearch, or what stands before it, refused in the refused form as well. They are kept in files, so that one
 * event does not hold up its log, and tried again at each start. Each file is named by the document's `_id` and holds the two
 * lines of a bulk body that create it.
 */
export class Quarantine {
  /** `<stateDir>/aside/<source>`. */
  readonly folder: string;

  /** `aside` is what the folder was called from the first version on: an event in it must be found by every later one. */
  constructor(stateDir: string, sourceName: string) {
    this.folder = join(stateDir, 'aside', sourceName);
  }

  /** Durable when it resolves. False if there is no room for it. Throws what the file system fails with. */
  async add(id: string, lines: Buffer): Promise<boolean> {
    await mkdir(this.folder, { recursive: true });
    const sizes = await Promise.all((await this.#names()).map((name) => stat(join(this.folder, name))));
    if (sizes.reduce((sum, { size }) => sum + size, lines.length) > bytesMax) return false;
    const file = join(this.folder, `${id}.ndjson`);
    const handle = await open(`${file}.new`, 'w', 0o600);
    try {
      await handle.writeFile(lines);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${file}.new`, file);
    const directory = await open(this.folder);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    return true;
  }

  /** What is there, by `_id`, oldest index first. One at a time, so that memory holds one. */
  async *all(): AsyncGenerator<{ id: string; lines: Buffer }> {
    for (const name of await this.#names())
      yield { id: name.slice(0, -'.ndjson'.length), lines: await readFile(join(this.folder, name)) };
  }

  async count(): Promise<number> {
    return (await this.#names()).length;
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.folder, `${id}.ndjson`), { force: true });
  }

  async #names(): Promise<string[]> {
    const names = await readdir(this.folder).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    });
    return names.filter((name) => name.endsWith('.ndjson')).toSorted((a, b) => (a < b ? -1 : 1));
  }
}
