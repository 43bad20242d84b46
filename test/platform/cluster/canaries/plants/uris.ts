import { namespace } from '../scene.ts';
import type { Scene } from '../scene.ts';

const pod = `/api/v1/namespaces/${namespace}/pods/a`;
const service = `/api/v1/namespaces/${namespace}/services/a:80/proxy`;
const node = '/api/v1/nodes/a/proxy';

/** What is in a URI is written at each level. */
export async function uris(scene: Scene): Promise<void> {
  if (scene.fate !== 'accepted') return;
  const mint = (place: string, stays?: string) =>
    scene.mint(`URI, ${place}`, stays === undefined ? {} : { stays });
  const get = async (path: string) => scene.send({ method: 'GET', path });
  const exec = async (...words: string[]) =>
    get(
      `${pod}/exec?${words.map((word) => `command=${encodeURIComponent(word)}`).join('&')}&container=a&stdout=true`,
    );
  await exec('login', '--password', mint('exec --password X'));
  await exec('login', `--token=${mint('exec --token=X')}`);
  await exec('sh', '-c', `PGPASSWORD=${mint('exec sh -c PGPASSWORD=')} psql -c 'select 1'`);
  await exec('curl', '-H', `Authorization: Bearer ${mint('exec curl Bearer')}`, 'https://a.example');
  await exec('curl', '-u', `me:${mint('exec curl -u')}`, 'https://a.example');
  await exec('curl', `https://me:${mint('exec URL with a password')}@a.example`);
  await exec('curl', `https://a.example/x?access_token=${mint('exec URL with access_token=')}`);
  await exec('env', `API_KEY=${mint('exec env')}`, 'run');
  await exec('sh', '-c', `echo '{"password":"${mint('exec with JSON')}"}' > a`);
  await exec('mysql', `-p${mint('exec mysql -pX', 'a short flag says nothing')}`);
  await exec('cat', mint('exec neutral', 'an argument without a name; rules read commands'));
  await get(
    `${pod}/exec?command=login&command=%2D%2Dpassword&command=${mint('exec, the flag percent-encoded')}`,
  );
  await get(
    `${pod}/exec?c%6Fmmand=login&command=%2D%2Dp%61ssword%3d${mint('exec, letters percent-encoded')}`,
  );
  await get(`${pod}/attach?token=${mint('attach ?token=')}`);
  await get(`${pod}/portforward?access_token=${mint('portforward ?access_token=')}`);
  await get(`${pod}/log?api_key=${mint('log ?api_key=')}`);
  await get(`/api/v1/namespaces?token=${mint('?token=')}&limit=1`);
  await get(`/api/v1/namespaces?access_token=${mint('?access_token=')}`);
  await get(
    `/api/v1/namespaces?labelSelector=${encodeURIComponent(`password=${mint('labelSelector password=')}`)}`,
  );
  await get(`/version?password=${mint('a URL that is no resource')}`);
  await get(`${service}/login?user=a&password=${mint('services/proxy ?password=')}`);
  await get(`${service}/hook/a?client_secret=${mint('services/proxy ?client_secret=')}`);
  await get(
    `${service}/hook?url=${encodeURIComponent(`https://me:${mint('services/proxy, a URL in a parameter')}@a.example/`)}`,
  );
  await get(`${service}/x;token=${mint('services/proxy, a parameter of the path')}`);
  await get(`${service}/callback#access_token=${mint('services/proxy, a fragment')}`);
  await get(`${pod}/proxy/api?sig=${mint('pods/proxy ?sig=')}`);
  await get(
    `${pod}:8080/proxy/${encodeURIComponent(`a?token=${mint('pods/proxy, percent-encoded question mark')}`)}`,
  );
  await get(`${node}/run/a/b/c?cmd=${encodeURIComponent(`login --password=${mint('nodes/proxy run')}`)}`);
  await get(`${service}/${mint('services/proxy path', 'a path without a name')}`);
  for (const resource of ['oauthaccesstokens', 'oauthauthorizetokens', 'useroauthaccesstokens'])
    for (const method of ['GET', 'DELETE'])
      await scene.send({
        method,
        path: `/apis/oauth.openshift.io/v1/${resource}/sha256~${scene.mint(`URI, name of ${resource}`, { length: 43 })}`,
      });
}
