import { z } from 'zod';
import type { DriftState } from '../drift/index.ts';
import { parseTailState } from '../source/index.ts';
import type { TailState } from '../source/index.ts';
import { StoreError } from '../store/index.ts';
import { openLines } from './open-lines.ts';
import type { OpenLine } from './open-lines.ts';
import { withheldEvents } from './withheld.ts';
import type { WithheldEvent } from './withheld.ts';

/** What is stored with each batch to go on from. */
export interface PipelineState {
  v: 1;
  /** Where reading goes on; null where nothing has been read. */
  reader: TailState | null;
  /** The newest `@timestamp`, for a gap to name; null where there was none. */
  newest: string | null;
  /** What detection goes on from; undefined where it is switched off, or was. */
  detect?: DetectState | undefined;
  /** What the log has said of drift; only of the source whose log says it. */
  drift?: DriftState | undefined;
  /** What was dropped as RequestReceived and may be sealed after all, the oldest first. */
  withheld: WithheldEvent[];
  /** Lines of which parts were read. */
  openLines: OpenLine[];
}

export interface DetectState {
  /** The digest of the rules that the manifests have named last. */
  rules: string;
  /** JSON of `WindowStates`. */
  windows: string;
}

const pipelineState = z.object({
  v: z.literal(1),
  reader: z.unknown(),
  newest: z.string().nullable(),
  detect: z.object({ rules: z.string(), windows: z.string() }).optional(),
  drift: z
    .object({
      policy: z.string().optional(),
      policyAt: z.number().optional(),
      said: z.record(z.string(), z.string()),
    })
    .optional(),
  withheld: withheldEvents.default([]),
  openLines: openLines.default([]),
});

/**
 * Parses what a `PipelineState` was stored as; null is a source of which nothing was read.
 *
 * @param source the name of the source, for the message
 * @throws StoreError `newer` if a later release wrote it, `failed` if it is damaged
 */
export function parsePipelineState(text: string | null, source: string): PipelineState {
  if (text === null) return { v: 1, reader: null, newest: null, withheld: [], openLines: [] };
  try {
    const stored: unknown = JSON.parse(text);
    if (isNewer(stored)) {
      throw new StoreError(
        'newer',
        `source ${source}: its read position has version ${stored.v}, this release knows version 1; run the release that wrote it, or set stateDir to an empty folder to begin a new log`,
      );
    }
    const { reader, ...rest } = pipelineState.parse(stored);
    return { ...rest, reader: reader === null ? null : parseTailState(reader) };
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(
      'failed',
      `source ${source}: its read position in the state folder is damaged; set stateDir to an empty folder to begin a new log, which reads again what the files still hold`,
      { cause },
    );
  }
}

function isNewer(stored: unknown): stored is { v: number } {
  return (
    typeof stored === 'object' &&
    stored !== null &&
    'v' in stored &&
    typeof stored.v === 'number' &&
    stored.v > 1
  );
}
