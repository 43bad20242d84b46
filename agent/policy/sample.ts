import { createHash } from 'node:crypto';

/**
 * Keeps a share of requests, the same ones whenever it is asked: by the time at which the apiserver received the request, in
 * microseconds, which all stages of a request have and no client chooses. Not by the auditID: that is a header of the request.
 */
export class Sample {
  readonly #rate: number;

  /** @param rate the share that is kept, between 0 and 1 */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** True for what is kept, and for what has no such time. */
  has(receivedAt: string | undefined): boolean {
    if (receivedAt === undefined) return true;
    const digest = createHash('sha256').update(receivedAt).digest();
    return digest.readUIntBE(0, 6) / 2 ** 48 < this.#rate;
  }
}
