import { eventStream, recordStream } from '../ship/index.ts';

/** What one kind of key may do, and what of it is to be tried out. */
export interface Access {
  /** Name of its role and of its key. */
  name: string;
  /** Index privileges on our two streams; there are no others, and none on the cluster. */
  privileges: readonly string[];
  purpose: string;
}

/**
 * The agent's. Not `auto_configure`: setup makes the streams. Not `create`, `index` or `write`: they overwrite. With `create_doc`
 * a thief of the key can add documents, which the verifier names, and no more.
 */
export function agentAccess(namespace: string): Access {
  return {
    name: `auditseal-agent-${namespace}`,
    privileges: ['create_doc'],
    purpose: 'creates documents',
  };
}

/** Of `elasticsearch.lookupApiKeyFile`; it serves an auditor's `auditseal verify` as well. */
export function lookupAccess(namespace: string): Access {
  return {
    name: `auditseal-lookup-${namespace}`,
    privileges: ['read', 'view_index_metadata'],
    purpose: 'reads documents',
  };
}

/** A role as PUT _security/role takes it, and a key's role descriptor. */
export function roleOf(namespace: string, { privileges }: Access): object {
  return {
    cluster: [],
    indices: [{ names: [eventStream(namespace), recordStream(namespace)], privileges: [...privileges] }],
  };
}
