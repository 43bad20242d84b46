import type { AuditEvent } from './event.ts';

/**
 * Documents that are nested deeper than this are not shown to Elasticsearch as they are. A client chooses how deep a patch is,
 * and at some 950 levels in an object that is mapped with `subobjects: false` Elasticsearch (9.5.3) was seen to overflow its
 * stack: it never answers, and a node of its own would end itself (exit 126, by its source). At 500 it does not. Kubernetes' own objects have
 * well below 100.
 */
export const depthMax = 200;

/** Whether what policy left of an event (`audit`, in pieces) is nested too deep. */
export function isTooDeep({ depth }: AuditEvent, audit: readonly Buffer[]): boolean {
  return depth > depthMax && depthOf(audit) > depthMax;
}

/** Of valid JSON; only for what is suspected, since it looks at every byte. */
function depthOf(pieces: readonly Buffer[]): number {
  let [depth, deepest, inString, escaped] = [0, 0, false, false];
  for (const piece of pieces)
    for (const byte of piece) {
      if (escaped) escaped = false;
      else if (inString) {
        if (byte === 0x5c) escaped = true;
        else if (byte === 0x22) inString = false;
      } else if (byte === 0x22) inString = true;
      else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth);
      else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    }
  return deepest;
}
