import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What a hostile client could fill the disk with; beyond it nothing more is put aside. */
const bytesMax = 256 * 1024 * 1024;

/**
 * Refused forms that Elasticsearch, or what stands before it, refused too: kept in files, so that one event does not hold
 * up its log, and tried again at each start. Each file holds the two lines of a bulk request that creates the document.
 */
export class Aside {
  readonly folder: string;

  /** `folder`: of one source alone. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Durable when it resolves. False if there is no room for it. Throws what the file system fails with. */
  async put(id: string, lines: Buffer): Promise<boolean> {
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

  /** What is there, oldest index first: its `_id` and lines. One at a time, so that memory holds one. */
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
