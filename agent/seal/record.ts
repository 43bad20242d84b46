import { jsonString } from './json.ts';
import { sumOf } from './manifest.ts';
import type { Manifest } from './manifest.ts';

/** The parts of which a batch record is a pure function (docs/seal-format.md §4). */
export interface RecordParts {
  /** The data stream's namespace. */
  namespace: string;
  /** The manifest, parsed, and the exact text that was sealed. */
  manifest: Manifest;
  manifestText: string;
  checkpoint: string;
  vkey: string;
  /** The event entries' leaf hashes, concatenated. */
  leafHashes: Buffer;
  /** The frontier of the tree before this batch. */
  frontier: Buffer;
}

/** The record document's bytes, one line without a newline. */
export function recordBytes(parts: RecordParts): Buffer {
  const m = parts.manifest;
  return Buffer.from(
    `{"@timestamp":${jsonString(m.sealedAt)},"data_stream":{"type":"logs","dataset":"auditseal.batch","namespace":${jsonString(parts.namespace)}},` +
      `"auditseal":{"v":1,"origin":${jsonString(m.origin)},"batch":${m.batch},"size":${m.first + m.count + 1},"first":${m.first},"count":${m.count},` +
      `"read":${m.read},"dropped":${sumOf(m.dropped)},"dropped_by":${countsText(m.dropped)},"gaps":${m.gaps.length},"manifest":${jsonString(parts.manifestText)},` +
      `"checkpoint":${jsonString(parts.checkpoint)},"vkey":${jsonString(parts.vkey)},` +
      `"leaf_hashes":"${parts.leafHashes.toString('base64')}","frontier":"${parts.frontier.toString('base64')}"}}`,
  );
}

/** The one order that any language's maps can give back. Names of the form of §2 have no character to escape. */
function countsText(counts: Record<string, number>): string {
  const names = Object.keys(counts).toSorted();
  return `{${names.map((name) => `"${name}":${counts[name]}`).join(',')}}`;
}
