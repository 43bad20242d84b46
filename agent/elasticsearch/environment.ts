/** What each variable would have done, and what is meant in its place. Node reads all of them by itself. */
const certificates =
  'certificates are trusted by elasticsearch.caFile or caFingerprint (--ca-file, --ca-fingerprint)';
const proxies =
  'elasticsearch.proxy of the configuration names the proxy, and an endpoint of notifications has a proxy of its own';
const ignored: readonly (readonly [name: string, meant: string])[] = [
  ['NODE_TLS_REJECT_UNAUTHORIZED', `certificates are always verified; ${certificates}`],
  ['NODE_EXTRA_CA_CERTS', certificates],
  ['NODE_USE_SYSTEM_CA', certificates],
  ['SSL_CERT_FILE', certificates],
  ['SSL_CERT_DIR', certificates],
  ['NODE_USE_ENV_PROXY', proxies],
  ['HTTPS_PROXY', proxies],
  ['HTTP_PROXY', proxies],
  ['ALL_PROXY', proxies],
];

/**
 * A sentence for each variable of the environment that says whom to trust or where to connect, without its value: none has an
 * effect on our connections, because whoever can set one could have the API key sent to a server of his. Takes
 * NODE_TLS_REJECT_UNAUTHORIZED out of `env`: at the first connection Node would warn that certificates are not verified.
 *
 * @param urls of all that is connected to, as far as it is known: where none is https, nothing is said of certificates
 */
export function ignoreEnvironment(env: NodeJS.ProcessEnv, urls?: readonly string[]): string[] {
  const isPlain = urls?.every((url) => url.toLowerCase().startsWith('http:')) ?? false;
  const found = ignored.flatMap(([name, meant]) => {
    if (isPlain && meant.includes(certificates)) return [];
    const set = [name, name.toLowerCase()].filter((one) => (env[one] ?? '') !== '');
    return set.map((one) => `${one} in the environment has no effect: ${meant}`);
  });
  delete env['NODE_TLS_REJECT_UNAUTHORIZED'];
  return found;
}
