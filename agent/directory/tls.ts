import type { SecureContext } from 'node:tls';
import { readSecret, TlsTrust, verified } from '../elasticsearch/index.ts';
import { messageOf } from '../error.ts';
import { DirectoryError } from './error.ts';

/**
 * Whom TLS connections to a directory are made to: certificates under the CAs of a file, or under those that Node carries. The file is read
 * at each refresh. Throws DirectoryError `settings`.
 */
export async function trustOf(
  caFile: string | undefined,
): Promise<{ rejectUnauthorized: true; secureContext: SecureContext }> {
  const trust = await settingsOf(TlsTrust.read({ caFile, caName: 'caFile' }));
  const { secureContext = verified().secureContext } = await trust.ca(() =>
    Promise.reject(new Error('no fingerprint is looked for')),
  );
  return { rejectUnauthorized: true, secureContext: secureContext! };
}

/** A password or token from its file, read at each refresh. Throws DirectoryError `settings`. */
export async function secretIn(file: string, key: string): Promise<string> {
  return await settingsOf(readSecret(file, key));
}

async function settingsOf<Value>(reading: Promise<Value>): Promise<Value> {
  try {
    return await reading;
  } catch (cause) {
    throw new DirectoryError('settings', messageOf(cause), { cause });
  }
}
