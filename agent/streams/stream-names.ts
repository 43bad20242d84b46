/** The data stream of the event documents (seal-format.md §1). */
export function eventStream(namespace: string): string {
  return `logs-kubernetes.audit_logs-${namespace}`;
}

/** The data stream of the batch records. */
export function recordStream(namespace: string): string {
  return `logs-auditseal.batch-${namespace}`;
}

/** The data stream of the verdicts that `auditseal verify` writes; never input to a verification. */
export function verdictStream(namespace: string): string {
  return `logs-auditseal.verify-${namespace}`;
}
