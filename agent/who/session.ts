/** What the URI of an `exec`, `attach` or `port-forward` says; null where it says nothing. */
export interface Session {
  /** As a shell would take it: arguments with spaces are quoted. */
  command: string | null;
  container: string | null;
}

const sessions: ReadonlySet<string> = new Set(['pods/exec', 'pods/attach', 'pods/portforward']);

/** Whether requests on a resource are sessions of somebody in a pod, which are told one by one. */
export function isSession(resource: string | null): boolean {
  return resource !== null && sessions.has(resource);
}

/** @param query of the request's URI, without its question mark (k8s.io/api/core/v1 PodExecOptions) */
export function sessionOf(query: string): Session {
  const parameters = new URLSearchParams(query);
  const command = parameters
    .getAll('command')
    .map((word) => (isPlain.test(word) ? word : JSON.stringify(word)));
  return {
    command: command.length === 0 ? null : command.join(' '),
    container: parameters.get('container') || null,
  };
}

const isPlain = /^[^\s"'\\\p{C}]+$/u;
