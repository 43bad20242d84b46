/** Names of what a proof's folder holds; nothing else may be in it. */
export const files = {
  readme: 'README.md',
  /** Of all others, as sha256sum writes them. */
  sums: 'SHA256SUMS',
  /** The vkeys that the chains begin with, a line each. */
  keys: 'keys.txt',
  /** Of one event: its entry, and a C2SP tlog-proof of it. */
  event: 'event.json',
  eventProof: 'event.tlog-proof',
  /** Of several: an entry a line, and what proves them together, in the same order. */
  events: 'events.ndjson',
  eventsProof: 'events.shared-proof',
} as const;

/** Manifests that name the next key, each with a tlog-proof, by the log id of the key that signed it. */
export const linksFolder = 'links';

export function linkFiles(logId: string): { manifest: string; proof: string } {
  return { manifest: `${linksFolder}/${logId}.json`, proof: `${linksFolder}/${logId}.tlog-proof` };
}
