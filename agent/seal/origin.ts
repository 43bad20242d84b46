import { SealError } from './error.ts';

/** The parts of a log's name, `<cluster>/<node>/<source>/<epoch>` (docs/seal-format.md §1). */
export interface Origin {
  cluster: string;
  node: string;
  source: string;
  /** The UTC second in which the log's key was made, `20261123T004438Z`. */
  epoch: string;
}

export const namePattern = /^[A-Za-z0-9._-]+$/u;

export function isOrigin(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const parts = value.split('/');
  return parts.length === 4 && parts.every((part) => namePattern.test(part));
}

export function formatOrigin(origin: Origin): string {
  return `${origin.cluster}/${origin.node}/${origin.source}/${origin.epoch}`;
}

/** Throws `bad-origin` unless the text is four names. */
export function parseOrigin(text: string): Origin {
  const [cluster, node, source, epoch, ...rest] = text.split('/');
  const parts = [cluster, node, source, epoch];
  if (rest.length > 0 || !parts.every((part) => part !== undefined && namePattern.test(part))) {
    throw new SealError(
      'bad-origin',
      `origin ${JSON.stringify(text.slice(0, 200))} is not <cluster>/<node>/<source>/<epoch>`,
    );
  }
  return { cluster: cluster!, node: node!, source: source!, epoch: epoch! };
}

/** The (cluster, node, source) that consecutive epochs share. */
export function logName(origin: string): string {
  return origin.slice(0, origin.lastIndexOf('/'));
}

export function formatEpoch(at: Date): string {
  return at.toISOString().replaceAll(/[-:]|\.\d+/gu, '');
}
