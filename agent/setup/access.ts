import { agentStreams, verdictStream } from '../streams/index.ts';

/** What one kind of key may do, and what of it is to be tried out. */
export interface Access {
  /** Name of its role and of its key. */
  name: string;
  /** Our data streams that it is for. */
  streams: readonly string[];
  /** Index privileges on them; there are no others. */
  privileges: readonly string[];
  /** Actions on the cluster; of named privileges none. */
  clusterActions?: readonly string[];
  purpose: string;
}

/**
 * The agent's. Not `auto_configure`: setup makes the streams. Not `create`, `index` or `write`: they overwrite. With `create_doc`
 * a thief of the key can add documents, which the verifier names, and no more.
 */
export function agentAccess(namespace: string): Access {
  return {
    name: `auditseal-agent-${namespace}`,
    streams: sealedStreams(namespace),
    privileges: ['create_doc'],
    purpose: 'creates documents',
  };
}

/** Of `elasticsearch.lookupApiKeyFile`; it serves an auditor's `auditseal verify` as well. */
export function lookupAccess(namespace: string): Access {
  return {
    name: `auditseal-lookup-${namespace}`,
    streams: sealedStreams(namespace),
    privileges: ['read', 'view_index_metadata'],
    // `GET /`: a verdict names the cluster that it is about.
    clusterActions: ['cluster:monitor/main'],
    purpose: 'reads documents',
  };
}

/**
 * Of `auditseal verify --verdict-api-key-file`. Another than the agent's, so that a thief of neither can write what the other
 * may: an agent's key cannot announce that all is well, and a verifier's cannot add events.
 */
export function verdictAccess(namespace: string): Access {
  return {
    name: `auditseal-verdict-${namespace}`,
    streams: [verdictStream(namespace)],
    privileges: ['create_doc'],
    purpose: 'creates verdicts',
  };
}

function sealedStreams(namespace: string): string[] {
  return agentStreams(namespace).map(({ name }) => name);
}

/** A role as PUT _security/role takes it, and a key's role descriptor. */
export function roleOf({ streams, privileges, clusterActions = [] }: Access): object {
  return { cluster: [...clusterActions], indices: [{ names: [...streams], privileges: [...privileges] }] };
}
