import { messageOf } from '../error.ts';
import { fileBytesMax, readTextFile } from '../input/index.ts';
import { apiKeyForms, parseApiKey } from './api-key.ts';
import { ElasticsearchError } from './error.ts';

export interface CredentialFiles {
  apiKeyFile?: string | undefined;
  /** The configuration's key for it, in error messages; default `elasticsearch.apiKeyFile`. */
  apiKeyName?: string;
  username?: string | undefined;
  passwordFile?: string | undefined;
  /** As `apiKeyName`; default `elasticsearch.passwordFile`. */
  passwordName?: string;
}

/** The Authorization header, from a file that may be replaced while the agent runs (a key that was revoked and renewed). */
export class Credentials {
  readonly #files: CredentialFiles;
  #header: string | undefined;

  private constructor(files: CredentialFiles) {
    this.#files = files;
  }

  /** Throws ElasticsearchError `settings` naming the file and the configuration's key. */
  static async read(files: CredentialFiles): Promise<Credentials> {
    const credentials = new Credentials(files);
    await credentials.readAgain();
    return credentials;
  }

  /** The header's value; undefined without credentials. */
  get header(): string | undefined {
    return this.#header;
  }

  async readAgain(): Promise<void> {
    const { apiKeyFile, apiKeyName = 'elasticsearch.apiKeyFile' } = this.#files;
    const { username, passwordFile, passwordName } = this.#files;
    if (apiKeyFile !== undefined) {
      const apiKey = parseApiKey(await readSecret(apiKeyFile, apiKeyName));
      if (apiKey === undefined)
        throw new ElasticsearchError(
          'settings',
          `${apiKeyName}: ${apiKeyFile} holds no API key: ${apiKeyForms}`,
        );
      this.#header = `ApiKey ${apiKey}`;
    } else if (username !== undefined && passwordFile !== undefined) {
      const password = await readSecret(passwordFile, passwordName ?? 'elasticsearch.passwordFile');
      this.#header = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    }
  }
}

/** A password or key from its file. Throws ElasticsearchError `settings` with the key and the file. */
export async function readSecret(file: string, key: string): Promise<string> {
  // Editors and `kubectl create secret` leave a newline, which is never part of a key.
  const secret = (await readNamedFile(file, key, fileBytesMax.secret)).trim();
  if (secret === '') throw new ElasticsearchError('settings', `${key}: ${file} is empty`);
  return secret;
}

/** A file that the configuration names. Throws ElasticsearchError `settings` with the key and the file. */
export async function readNamedFile(file: string, key: string, bytesMax: number): Promise<string> {
  return await readTextFile(file, bytesMax).catch((cause: unknown) => {
    throw new ElasticsearchError('settings', `${key}: ${file} ${messageOf(cause)}`, { cause });
  });
}
