/** The oldest major release of Node with all that the commands use (`await using`, `node:sqlite`). */
export const nodeMajorMin = 24;

/** Why this Node cannot run auditseal, in a sentence; undefined if it can. */
export function tooOld(node: string, executable: string): string | undefined {
  if (Number.parseInt(node, 10) >= nodeMajorMin) return undefined;
  return `auditseal needs Node ${nodeMajorMin} or newer; ${executable} is Node ${node}. Install a newer one, or use the container image.`;
}
