import type { Scene } from '../scene.ts';
import { namespace } from '../scene.ts';

/** What asks for, or holds, a credential by itself. */
export async function reviews(scene: Scene): Promise<void> {
  if (scene.fate !== 'accepted') return;
  const post = async (path: string, body: object) =>
    scene.send({ method: 'POST', path, type: 'application/json', body: JSON.stringify(body) });
  const authentication = '/apis/authentication.k8s.io/v1';
  await post(`${authentication}/tokenreviews`, { spec: { token: scene.mint('TokenReview spec.token') } });
  await post(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
    metadata: { name: `a-${scene.level.toLowerCase()}` },
  });
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/a-${scene.level.toLowerCase()}/token`;
  await post(account, { spec: { audiences: ['a'], expirationSeconds: 600 } });
  const request = Buffer.from(scene.mint('CSR spec.request')).toString('base64');
  await post('/apis/certificates.k8s.io/v1/certificatesigningrequests', {
    metadata: { name: scene.name() },
    spec: { request, signerName: 'a.example/b', usages: ['client auth'] },
  });
}
