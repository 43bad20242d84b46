import { auditMember } from '../seal/index.ts';

export { auditMember };

/**
 * The pieces of a whole event document, in order.
 *
 * @param head what `eventHead` returned
 * @param audit the raw line, whole or as the pieces that `cutMembers` left
 */
export function documentPieces(head: string, audit: readonly Buffer[]): (string | Buffer)[] {
  return [head + auditMember, ...audit, '}}'];
}
