import { chmodSync, statSync } from 'node:fs';
import { messageOf } from '../error.ts';

/** A folder that others than its owner had rights to. */
export interface Exposure {
  /** Of the folder as it was found, four octal digits. */
  mode: string;
  /** Why it is still so; undefined if it is the owner's alone now. */
  why: string | undefined;
}

/**
 * Takes a folder from everybody but its owner (mode 0700), since it holds the logs' private keys: kubelet, for one, makes the
 * folder of a hostPath with 0755. Undefined where it was private already; else what was done, or why it could not be.
 * The rights of the files in it are not looked at: without a right to the folder they are of no use.
 */
export function makePrivate(folder: string): Exposure | undefined {
  const { mode } = statSync(folder);
  if ((mode & 0o077) === 0) return undefined;
  const found = `0${(mode & 0o777).toString(8)}`;
  try {
    chmodSync(folder, 0o700);
    return { mode: found, why: undefined };
  } catch (error) {
    return { mode: found, why: messageOf(error) };
  }
}
