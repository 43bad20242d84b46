import { truncate } from 'node:fs/promises';
import type { Writer } from '../../kit/agent/index.ts';
import type { SealedOrder } from './sealed.ts';

/** A run of lines, by their numbers in the order of writing; `to` exclusive. */
interface Run {
  from: number;
  to: number;
}

/**
 * What must become of each line that a writer wrote: the model that the agent is held against. Lines are lost only where
 * a file was cut or deleted with them unread: those for certain that were written and taken while no agent ran, those
 * perhaps that an agent may or may not have read before.
 */
export class Fate {
  readonly writer: Writer;
  /** The files behind `writer.log.backups`. */
  readonly #backups: Run[] = [];
  #liveFrom = 0;
  /** All lines before are in Elasticsearch, or gone for good. */
  #settled = 0;
  readonly #lost: Run[] = [];
  readonly #uncertain: Run[] = [];

  constructor(writer: Writer) {
    this.writer = writer;
  }

  get #end(): number {
    return this.writer.count;
  }

  /** The agent has shipped all that there is. */
  settle(): void {
    this.#settled = this.#end;
  }

  rotate(): string {
    const backup = this.writer.rotate();
    this.#backups.push({ from: this.#liveFrom, to: this.#end });
    this.#liveFrom = this.#end;
    return backup;
  }

  /** The oldest backups, as lumberjack does. `unread`: no agent ran since all was settled. */
  async deleteBeyond(most: number, unread: boolean): Promise<void> {
    await this.writer.log.deleteBeyond(most);
    const deleted = this.#backups.splice(0, Math.max(0, this.#backups.length - most));
    for (const run of deleted) this.#take(run, unread);
  }

  async truncate(unread: boolean): Promise<void> {
    await truncate(this.writer.log.path, 0);
    this.#take({ from: this.#liveFrom, to: this.#end }, unread);
    this.#liveFrom = this.#end;
  }

  #take({ from, to }: Run, unread: boolean): void {
    (unread ? this.#lost : this.#uncertain).push({ from: Math.max(from, this.#settled), to });
  }

  /** Where the log that was sealed is not what the model says. */
  problems({ lines, gapsAt, problems }: SealedOrder): string[] {
    const numbers = new Map([...this.writer.written.keys()].map((line, n) => [line, n]));
    const found: string[] = [...problems];
    let before = -1;
    let gapSince = -1;
    for (const [at, line] of lines.entries()) {
      if (gapsAt.has(at)) gapSince = at;
      const number = numbers.get(line) ?? -1;
      if (number <= before) {
        found.push(
          `${number < 0 ? 'was not written' : `again or out of order (${number} after ${before})`}: ${line.slice(0, 200)}`,
        );
        continue;
      }
      found.push(...this.#missing({ from: before + 1, to: number }, gapSince === at));
      for (const { from, to } of this.#lost)
        if (number >= from && number < to) found.push(`line ${number} was gone before the agent could look`);
      before = number;
    }
    return [...found, ...this.#missing({ from: before + 1, to: numbers.size }, gapsAt.has(lines.length))];
  }

  #missing({ from, to }: Run, isGap: boolean): string[] {
    if (from === to) return [];
    const found = isGap ? [] : [`lines ${from} to ${to - 1} are missing, and no gap says so`];
    for (let number = from; number < to; number += 1) {
      const mayBe = [...this.#lost, ...this.#uncertain].some((run) => number >= run.from && number < run.to);
      if (!mayBe) found.push(`line ${number} is lost, although it was on the disk`);
    }
    return found;
  }

  /** How many lines are lost at least, and at most. */
  get losses(): [least: number, most: number] {
    return [sizeOf(this.#lost), sizeOf(this.#lost) + sizeOf(this.#uncertain)];
  }
}

const sizeOf = (runs: Run[]) => runs.reduce((all, { from, to }) => all + Math.max(0, to - from), 0);
