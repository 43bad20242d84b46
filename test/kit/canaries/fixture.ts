import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const folder = join(import.meta.dirname, '../fixtures/canaries');
/** The audit log of a real kube-apiserver, made by test/platform/cluster/canaries/main.ts. */
export const logFile = join(folder, 'audit.log.gz');
/** What was planted in it, one JSON object a line. */
export const canariesFile = join(folder, 'canaries.jsonl.gz');

/** A distinct value, and where in a request it was planted. */
export interface Canary {
  readonly value: string;
  /** What it was there; level and fate of the request. */
  readonly place: string;
  /** Why it stays readable by design; a secret has none. */
  readonly stays?: string;
}

export function canaries(): Canary[] {
  const lines = gunzipSync(readFileSync(canariesFile)).toString().trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Canary);
}

/** The lines of a small log: an input that once leaked. */
export function caseLines(name: string): string[] {
  return readFileSync(join(folder, 'cases', `${name}.jsonl`), 'latin1')
    .trimEnd()
    .split('\n');
}

/** The lines of the log, without their newlines. */
export function loggedLines(): Buffer[] {
  const text = gunzipSync(readFileSync(logFile)).toString('latin1');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => Buffer.from(line, 'latin1'));
}
