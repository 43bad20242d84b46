/**
 * What stands between the head of an event document and the audit event (seal-format.md §4). In the head every
 * quote inside a string is escaped, so the first occurrence of these bytes in a document is this one; the
 * refused form cuts there.
 */
export const auditMember = ',"kubernetes":{"audit":';

/**
 * The pieces of a whole event document, in order.
 *
 * @param head what `eventHead` returned
 * @param audit the raw line, whole or as the pieces that `cutMembers` left
 */
export function documentPieces(head: string, audit: readonly Buffer[]): (string | Buffer)[] {
  return [head, auditMember, ...audit, '}}'];
}
