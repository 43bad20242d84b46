import { readSecret } from './credentials.ts';

export interface ProxySettings {
  proxy?: string | undefined;
  proxyUsername?: string | undefined;
  proxyPasswordFile?: string | undefined;
}

/** An HTTP proxy that connections to Elasticsearch go through. */
export interface HttpProxy {
  url: URL;
  /** The Proxy-Authorization header, its password as the file has it now. */
  authorization(): Promise<string | undefined>;
}

/** Throws ElasticsearchError `settings` naming the file and the configuration's key. */
export async function proxyOf(settings: ProxySettings): Promise<HttpProxy | undefined> {
  const { proxy, proxyUsername: name, proxyPasswordFile: file } = settings;
  if (proxy === undefined) return undefined;
  const authorization = async () => {
    if (name === undefined || file === undefined) return undefined;
    const password = await readSecret(file, 'elasticsearch.proxyPasswordFile');
    return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  };
  await authorization();
  return { url: new URL(proxy), authorization };
}
