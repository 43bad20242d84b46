import { WhoError } from './error.ts';

/** Any value, or none. */
export const any = '*';

/**
 * What requests are asked for, as a user writes it.
 *
 * - `path`: `/healthz`, or `/api/*` for all paths that begin so
 * - `resource`: `RESOURCE[.GROUP][/PART[/PART[/PART]]]`, `*` for any
 *
 * One part is a namespace, the name of an object without a namespace, or a subresource; two are a namespace and a name, a name
 * and its subresource, or a namespace and a subresource; three are all of them. All readings are searched for, so that nothing is
 * missing from an answer because it was written in another way. Only where the last of one or two parts is the name of one
 * of Kubernetes' subresources (`pods/exec`), it is nothing else.
 */
export type Resource =
  | { kind: 'path'; text: string; path: string; isPrefix: boolean }
  | { kind: 'resource'; text: string; resource: string; group: string | undefined; parts: Parts };

export type Parts =
  readonly [] | readonly [string] | readonly [string, string] | readonly [string, string, string];

/** Reads the value of `--resource`. Throws WhoError `usage`. */
export function parseResource(text: string): Resource {
  if (text.startsWith('/')) {
    const isPrefix = text.endsWith(any);
    return { kind: 'path', text, path: isPrefix ? text.slice(0, -1) : text, isPrefix };
  }
  const [head = '', ...parts] = text.split('/');
  const dot = head.indexOf('.');
  const resource = dot < 0 ? head : head.slice(0, dot);
  const group = dot < 0 ? undefined : head.slice(dot + 1);
  if (resource === '' || group === '' || parts.length > 3 || parts.includes(''))
    throw new WhoError(
      'usage',
      `--resource: ${JSON.stringify(text)} is not as secrets, secrets/NAMESPACE, secrets/NAMESPACE/NAME, ` +
        'roles.rbac.authorization.k8s.io/NAMESPACE/NAME, nodes/NAME, pods/NAMESPACE/NAME/exec or /healthz; * stands for any',
    );
  return { kind: 'resource', text, resource, group, parts: parts as unknown as Parts };
}

/** Subresources of Kubernetes' own resources (kubernetes.io/docs/reference/kubernetes-api). */
const subresources: ReadonlySet<string> = new Set([
  'approval',
  'attach',
  'binding',
  'ephemeralcontainers',
  'eviction',
  'exec',
  'finalize',
  'log',
  'portforward',
  'proxy',
  'resize',
  'scale',
  'status',
  'token',
]);

/** Whether the parts can only mean a subresource. */
export function endsWithSubresource(parts: readonly string[]): boolean {
  return parts.length < 3 && subresources.has(parts.at(-1) ?? '');
}
