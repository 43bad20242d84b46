import { gunzipSync } from 'node:zlib';
import { leafHash } from '../../../agent/seal/index.ts';
import type { Scene } from './vectors.ts';

interface Members {
  first: number;
  count: number;
  size: number;
  manifest: string;
  checkpoint: string;
  vkey: string;
  leaf_hashes: string;
  frontier: string;
}

/** The vectors for a reader: of each batch its entries, their leaf hashes, the tree and the signed checkpoint. */
export function listing({ written, now }: Scene): string {
  const out = [
    'The golden vectors of docs/seal-format.md, made by test/format/golden/make.ts; the same bytes as in the dump beside.',
    `now ${now.toISOString()}, namespace ${written.namespace}`,
  ];
  for (const { id, source } of written.records) {
    const { auditseal } = JSON.parse(source.toString()) as {
      auditseal: Partial<Members> & { note?: string };
    };
    out.push('', '='.repeat(100), `record stream, _id ${id}, ${source.length} bytes`);
    if (auditseal.note !== undefined) out.push(...block('note', auditseal.note));
    else out.push(...batch(auditseal as Members, written.events));
  }
  return `${out.join('\n')}\n`;
}

function batch(members: Members, events: Scene['written']['events']): string[] {
  const { first, count, size, manifest, checkpoint, vkey, leaf_hashes: leaves, frontier } = members;
  const out = [`vkey ${vkey}`, `frontier before: ${hexes(frontier).join(' ') || 'empty'}`];
  const hashes = hexes(leaves);
  for (let i = 0; i < count; i += 1) {
    const hash = hashes[i]!;
    const sequence = String(first + i).padStart(12, '0');
    const document = events.find(({ id }) => id.endsWith(`-${sequence}-${hash.slice(0, 16)}`));
    if (!document) {
      out.push('', `index ${first + i}, leaf hash ${hash}: its document was taken away`);
      continue;
    }
    const { source, id } = document;
    const entry = entryOf(source);
    out.push('', `index ${first + i}, leaf hash ${hash}, _id ${id}, entry of ${entry.length} bytes:`);
    out.push(entry.toString());
    if (entry !== source) out.push('stored in the refused form:', source.toString());
  }
  const own = leafHash(Buffer.from(manifest)).toString('hex');
  out.push('', `index ${first + count}, leaf hash ${own}, manifest of ${Buffer.byteLength(manifest)} bytes:`);
  return [...out, manifest, '', `tree of size ${size}`, ...block('checkpoint', checkpoint)];
}

/** The sealed bytes: those of the document, or those packed in its refused form. */
export function entryOf(source: Buffer): Buffer {
  const value = JSON.parse(source.toString()) as { 'auditseal.refused'?: string };
  const packed = value['auditseal.refused'];
  return packed === undefined ? source : gunzipSync(Buffer.from(packed, 'base64'));
}

function hexes(base64: string): string[] {
  return Buffer.from(base64, 'base64').toString('hex').match(/.{64}/gu) ?? [];
}

function block(what: string, text: string): string[] {
  const lines = text.split('\n');
  const shown = lines.map((line, i) => `  | ${line}${i < lines.length - 1 ? '\\n' : ''}`);
  return [
    `${what} of ${Buffer.byteLength(text)} bytes:`,
    ...(text.endsWith('\n') ? shown.slice(0, -1) : shown),
  ];
}
