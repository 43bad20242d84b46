/** What is known of the witnesses of one source. */
export class CosigningMeter {
  /** Seconds since 1970, by the witnesses' word: when each cosigned last. */
  readonly cosignedAt = new Map<string, number>();
  /** Of this process. */
  readonly failures = new Map<string, number>();
  /** 1 where a witness has seen another tree. */
  readonly forks = new Map<string, number>();
  #since = 0;
  #quorum = 0;

  /** `since`: seconds since 1970, from when on the age of a cosignature counts that has not come yet. */
  declare(witness: string, since: number, quorum: number): void {
    this.failures.set(witness, 0);
    this.forks.set(witness, 0);
    this.#since = since;
    this.#quorum = quorum;
  }

  cosigned(witness: string, at: number): void {
    this.cosignedAt.set(witness, Math.max(at, this.cosignedAt.get(witness) ?? 0));
  }

  failed(witness: string): void {
    this.failures.set(witness, (this.failures.get(witness) ?? 0) + 1);
  }

  forked(witness: string): void {
    this.forks.set(witness, 1);
  }

  /** When the last of the newest quorum cosigned; undefined where there are no witnesses. */
  get quorumAt(): number | undefined {
    if (this.#quorum === 0) return undefined;
    const times = [...this.cosignedAt.values()].toSorted((a, b) => b - a);
    return times[this.#quorum - 1] ?? this.#since;
  }
}
