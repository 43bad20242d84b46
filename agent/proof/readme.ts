import { files } from './layout.ts';

/** What stands beside a proof, for somebody who has never heard of us. `vkey` is the key that signed it, where it is of one event. */
export function readmeOf(vkey: string | undefined): string {
  const what =
    vkey === undefined
      ? `\`${files.events}\` has audit events of a Kubernetes cluster, one a line, and \`${files.eventsProof}\` proves that they are in the log.`
      : `\`${files.event}\` is an audit event of a Kubernetes cluster, and \`${files.eventProof}\` proves that it is in the log.`;
  return `# Proof

${what}
The log is an append-only Merkle tree (RFC 6962); each event is a leaf, and a key that never left the node has signed the tree's root.
\`${files.keys}\` has the key that it all begins with: compare it with the one that you were given in another way, or give a trust file.
The manifests in \`links\`, if there are any, are leaves of the same log, and name the key that came next.

Nothing was damaged on the way:

    sha256sum --check --strict ${files.sums}

The events are what was sealed, and the keys follow from the trust file that you keep:

    auditseal check --trust trust.json .

${withoutUs(vkey)}
A proof shows that an event was sealed as it is here, and that nobody but the key's holder can have made it up.
It does not show that there are no other events.
`;
}

function withoutUs(vkey: string | undefined): string {
  if (vkey === undefined)
    return `Without auditseal: docs/seal-format.md, section 7, says how the hashes are put together, and test/format/stock does it with \`golang.org/x/mod/sumdb\`.

    go run . trust.json FOLDER
`;
  return `Without auditseal, by \`spicy\` of filippo.io/torchwood, which knows the format without its first line:

    tail -n +2 ${files.eventProof} > ${files.event}.spicy && spicy -verify '${vkey}' ${files.event}
`;
}
