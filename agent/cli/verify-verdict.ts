import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createClient, createDocument, verdictStream, type ClientSettings } from '../ship/index.ts';
import { verdictDocument, type Verification } from '../verify/index.ts';
import { agentVersion } from './version.ts';

/** docs/seal-format.md §8.5 has 0 to 3: this is of the command, and only ever in place of 0. */
export const verdictNotWritten = 4;

/** Of a verification that was told to stop, the verdict must be out before it is killed. */
const writeMilliseconds = 20_000;

export interface VerdictTarget {
  settings: ClientSettings;
  namespace: string;
  /** Of a key that may create documents in the verdicts' stream. */
  apiKeyFile: string;
}

/** Writes a verdict, in its own connection with its own key. Throws ShipError. */
export async function writeVerdict(
  { settings, namespace, apiKeyFile }: VerdictTarget,
  verification: Omit<Verification, 'id' | 'namespace' | 'host' | 'version'>,
): Promise<void> {
  const id = randomUUID();
  const source = verdictDocument({ ...verification, id, namespace, host: hostname(), version: agentVersion });
  const { username: _username, passwordFile: _passwordFile, ...connection } = settings;
  const client = await createClient({
    ...connection,
    apiKeyFile,
    apiKeyName: '--verdict-api-key-file',
  });
  try {
    const signal = AbortSignal.timeout(writeMilliseconds);
    await createDocument(client, { stream: verdictStream(namespace), id, source, signal });
  } finally {
    // Not waited for: it would wait in turn for an answer that a dead server began.
    client.close().catch(() => undefined);
  }
}
