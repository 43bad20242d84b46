import { sha256 } from '../seal/index.ts';

/** A text that is sealed by its hash in every batch, and whole where it is new. */
export interface NamedText {
  readonly text: string;
  /** `sha256:<hex>`. */
  readonly sha256: string;
}

/** A text with its digest as manifests write it. */
export function named(text: string): NamedText {
  return { text, sha256: `sha256:${sha256(text).toString('hex')}` };
}
