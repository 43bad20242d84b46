import { createHash } from 'node:crypto';
import type { EndpointSettings } from '../config/index.ts';
import { messageOf } from '../error.ts';
import { fileBytesMax, readTextFile } from '../input/index.ts';
import type { Secrets } from './channels/channel.ts';
import { pagerDutyUrl } from './channels/pagerduty.ts';
import { parseKey } from './channels/webhook.ts';
import { NotifyError } from './error.ts';

/** What the files of an endpoint hold now. */
export interface EndpointFiles extends Secrets {
  /** The Authorization header. */
  readonly authorization: string | undefined;
  /** Of all that was read: another one is another content. */
  readonly digest: string;
}

/**
 * Reads the files that an endpoint names.
 *
 * @param key the endpoint's in the configuration: `notifications.endpoints.0`
 * @throws NotifyError `settings` with the key's path and the file, and nothing of what it holds
 */
export async function readEndpointFiles(settings: EndpointSettings, key: string): Promise<EndpointFiles> {
  const read = async (name: keyof EndpointSettings): Promise<string | undefined> => {
    const file = settings[name];
    return typeof file === 'string' ? await readSecret(file, `${key}.${name}`) : undefined;
  };
  const [urlText, keyText, routingKey, password, token] = await Promise.all([
    read('urlFile'),
    read('keyFile'),
    read('routingKeyFile'),
    read('passwordFile'),
    read('bearerTokenFile'),
  ]);
  return {
    url: urlText === undefined ? new URL(settings.url ?? pagerDutyUrl) : secretUrl(settings, key, urlText),
    keys: keyText === undefined ? [] : signingKeys(settings, key, keyText),
    routingKey: routingKey ?? '',
    authorization: authorizationOf(settings.username, password, token),
    digest: createHash('sha256')
      .update(JSON.stringify([urlText, keyText, routingKey, password, token]))
      .digest('hex'),
  };
}

async function readSecret(file: string, key: string): Promise<string> {
  const text = await readTextFile(file, fileBytesMax.secret).catch((cause: unknown) => {
    throw new NotifyError('settings', `${key}: ${file} ${messageOf(cause)}`, { cause });
  });
  // Editors and `kubectl create secret` leave a newline, which is never part of a secret.
  const secret = text.trim();
  if (secret === '') throw new NotifyError('settings', `${key}: ${file} is empty`);
  return secret;
}

function secretUrl(settings: EndpointSettings, key: string, text: string): URL {
  const wrong = (why: string) =>
    new NotifyError('settings', `${key}.urlFile: ${settings.urlFile} holds ${why}`);
  if (!URL.canParse(text)) throw wrong('no URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw wrong('a URL with credentials, which have files of their own');
  if (url.protocol === 'https:') return url;
  if (url.protocol !== 'http:') throw wrong('a URL that does not begin with https');
  if (!settings.allowPrivateAddresses || settings.proxy !== undefined)
    throw wrong('a URL that does not begin with https, and only private addresses may be told in plain text');
  return url;
}

/** One a line: while keys are changed, the new and the old one. */
function signingKeys(settings: EndpointSettings, key: string, text: string): Buffer[] {
  const keys = text.split(/\s+/u).map((one) => parseKey(one));
  if (keys.length > 2 || keys.includes(undefined))
    throw new NotifyError(
      'settings',
      `${key}.keyFile: ${settings.keyFile} holds no signing key of Standard Webhooks: whsec_ and base64 of 24 to 64 bytes, one or two of them, each on a line`,
    );
  return keys.filter((one) => one !== undefined);
}

function authorizationOf(
  username: string | undefined,
  password: string | undefined,
  token: string | undefined,
): string | undefined {
  if (token !== undefined) return `Bearer ${token}`;
  if (username === undefined || password === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
