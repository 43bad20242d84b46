import type { Client } from '../client.ts';
import type { Minter } from '../minter.ts';

const stays = 'who asked';

/** What a client, or what authenticates it, writes into the head of an event. */
export async function heads(proxy: Client, minter: Minter): Promise<void> {
  const mint = (place: string, why?: string) =>
    minter.mint(`head, ${place}`, why === undefined ? {} : { stays: why });
  const user = { 'x-remote-user': 'proxied', 'x-remote-group': 'system:masters' };
  const get = async (headers: Record<string, string>, path = '/api/v1/namespaces') =>
    proxy.send({ method: 'GET', path, headers: { ...user, ...headers } });
  await get({ 'x-remote-extra-accesskeyid': mint('user.extra accessKeyId') });
  await get({ 'x-remote-extra-iam.gke.io%2fuser-assertion': mint('user.extra user-assertion') });
  await get({ 'x-remote-extra-user-assertion.cloud.google.com': mint('user.extra user-assertion of GKE') });
  await get({ 'x-remote-extra-api-token': mint('user.extra by its name') });
  await get({ 'x-remote-extra-session': mint('user.extra of a neutral name', stays) });
  await get({
    'impersonate-user': 'someone',
    'impersonate-extra-accesskeyid': mint('impersonatedUser.extra accessKeyId'),
  });
  await get({
    'impersonate-user': mint('impersonatedUser', stays),
    'impersonate-group': mint('impersonated group', stays),
  });
  await get({ 'user-agent': `tool/1 (Authorization: Bearer ${mint('user agent with Bearer')})` });
  await get({ 'user-agent': `tool/1 token=${mint('user agent with token=')}` });
  await get({ 'user-agent': `tool/1 ${mint('user agent', 'what a client calls itself')}` });
  await get({ 'audit-id': mint('Audit-ID', 'an identifier that a client chooses') });
  await get({}, `/api/v1/namespaces/${mint('name of a namespace', 'names of objects stay')}`);
  await get({}, `/api/v1/namespaces/canaries/secrets/${mint('name of a Secret', 'names of objects stay')}`);
}
