import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { forward } from '../cluster/forward.ts';
import { nodeAddress } from '../cluster/host.ts';
import { Authority } from '../cluster/pki.ts';
import { KibanaStandIn } from '../../unit/kibana/stand-in.ts';
import { Secured } from '../../unit/setup/secured.ts';

export const elasticsearchName = 'elasticsearch.example';
export const kibanaName = 'kibana.example';
/** As compose.yaml publishes it: it asks nobody who he is. */
export const plainElasticsearchUrl = 'http://127.0.0.1:9200';
const password = 'top secret';

/**
 * What the user of the guide has, under the guide's own names. With security: https://elasticsearch.example:9200 (the real Elasticsearch
 * with its own security) and https://kibana.example:5601, with `ca.pem`, `kibana-ca.pem` and `password` in the user's folder.
 * Without, as of step 1: http://localhost:9200 and http://localhost:5601.
 *
 * @param work for the certificates
 * @param folder where the guide's commands are run
 */
export async function startServices(
  work: string,
  folder: string,
  elasticsearchSocket: string,
): Promise<void> {
  await forward({ host: '127.0.0.1', port: 9200 }, { path: elasticsearchSocket });
  const secured = await Secured.start(plainElasticsearchUrl);
  const basic = `Basic ${Buffer.from(`elastic:${password}`).toString('base64')}`;
  const kibana = await KibanaStandIn.start({ users: { [basic]: 'write' } });
  const openKibana = await KibanaStandIn.start();
  await forward({ host: '127.0.0.1', port: 5601 }, { host: '127.0.0.1', port: portOf(openKibana.url) });

  await mkdir(join(work, 'services'));
  const authority = await Authority.make(join(work, 'services'), 'example');
  await encrypt(authority, elasticsearchName, 9200, portOf(secured.url));
  await encrypt(authority, kibanaName, 5601, portOf(kibana.url));
  for (const name of ['ca.pem', 'kibana-ca.pem']) await copyFile(authority.file, join(folder, name));
  await writeFile(join(folder, 'password'), `${password}\n`, { mode: 0o600 });
}

/** TLS on the node's address in front of a port of loopback. */
async function encrypt(authority: Authority, name: string, port: number, to: number): Promise<void> {
  const { certificate, key } = await authority.server(name, name, [`DNS:${name}`]);
  const options = { cert: await readFile(certificate), key: await readFile(key) };
  const server = createServer(options, (incoming) => {
    const outgoing = connect(to, '127.0.0.1');
    incoming.on('error', () => outgoing.destroy()).on('close', () => outgoing.destroy());
    outgoing.on('error', () => incoming.destroy()).on('close', () => incoming.destroy());
    incoming.pipe(outgoing).pipe(incoming);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(port, nodeAddress);
  await once(server, 'listening');
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
