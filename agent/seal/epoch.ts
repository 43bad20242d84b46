import { exportKey, generateKey } from './key.ts';
import type { EpochReason } from './manifest.ts';
import { formatEpoch, formatOrigin, logName } from './origin.ts';
import type { Origin } from './origin.ts';

/** A new epoch's key and why it begins; durable before anything is signed with it. */
export interface EpochStart {
  origin: string;
  vkey: string;
  /** PKCS #8. */
  privateKey: Uint8Array;
  reason: EpochReason;
  /** The final checkpoint of the epoch before, where the two are linked. */
  previous: string | null;
  madeAt: string;
}

/** Makes a key on this node. `used` is the newest epoch's origin: a second is never named twice. */
export function startEpoch(
  name: Omit<Origin, 'epoch'>,
  reason: EpochReason,
  now: Date,
  used = '',
): EpochStart {
  let origin = formatOrigin({ ...name, epoch: formatEpoch(now) });
  for (let second = 1; logName(used) === logName(origin) && origin <= used; second += 1) {
    origin = formatOrigin({ ...name, epoch: formatEpoch(new Date(now.getTime() + second * 1000)) });
  }
  const key = generateKey(origin);
  return {
    origin,
    vkey: key.verifier.text,
    privateKey: exportKey(key),
    reason,
    previous: null,
    madeAt: now.toISOString(),
  };
}
