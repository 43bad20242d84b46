import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { until } from '../../kit/agent/index.ts';
import { buildImage } from '../image/build-image.ts';
import { Buildah } from '../image/buildah.ts';

const resultSchema = z.union([z.object({ seconds: z.number() }), z.object({ failed: z.string() })]);
/** Of what a failed build said; its reason is at the end. */
const linesMax = 30;

const ways: { open: () => Promise<unknown>; build: typeof buildImage } = {
  open: () => Buildah.open(),
  build: buildImage,
};

/** What step 3 builds, under its name, as an archive `IMAGEFILE.tar`; `imageFile` says that it is there, or why not. */
export class GuideImage {
  readonly #reference: string;
  readonly #imageFile: string;
  readonly #by: typeof ways;
  #begun: Promise<void> | undefined;
  #ended: Promise<void> | undefined;

  constructor(reference: string, imageFile: string, by: typeof ways = ways) {
    this.#reference = reference;
    this.#imageFile = imageFile;
    this.#by = by;
  }

  /** Builds it, once, beside what follows. Throws Unavailable where there is no buildah. */
  begin(): Promise<void> {
    this.#begun ??= this.#begin();
    return this.#begun;
  }

  async #begin(): Promise<void> {
    await this.#by.open();
    this.#ended = this.#build();
  }

  /** When nothing is being built any more. */
  async ended(): Promise<void> {
    await this.#ended;
  }

  async #build(): Promise<void> {
    const began = performance.now();
    const result = await this.#by
      .build({ reference: this.#reference, archive: `${this.#imageFile}.tar` })
      .then(
        () => ({ seconds: (performance.now() - began) / 1000 }),
        (error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) }),
      );
    // Whole or not at all, for who waits for it.
    await writeFile(`${this.#imageFile}.part`, JSON.stringify(result));
    await rename(`${this.#imageFile}.part`, this.#imageFile);
  }
}

/** Waits for it; resolves with the seconds that the build took. Throws what a failed build said. */
export async function builtImage(imageFile: string): Promise<number> {
  await until(
    () => existsSync(imageFile),
    () => 'the image is not built',
    { millisecondsMax: 900_000, everyMilliseconds: 500 },
  );
  const result = resultSchema.parse(JSON.parse(await readFile(imageFile, 'utf8')));
  if ('seconds' in result) return result.seconds;
  const said = result.failed.trim().split('\n').slice(-linesMax).join('\n');
  throw new Error(`the image could not be built:\n${said}`);
}
