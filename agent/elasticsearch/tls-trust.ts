import { X509Certificate } from 'node:crypto';
import { createSecureContext, rootCertificates } from 'node:tls';
import type { ConnectionOptions, DetailedPeerCertificate, SecureContext, TLSSocket } from 'node:tls';
import { fileBytesMax } from '../input/index.ts';
import { readNamedFile } from './credentials.ts';
import { ElasticsearchError } from './error.ts';

export interface TlsTrustSettings {
  caFile?: string | undefined;
  /** The configuration's key for it, in error messages; default `elasticsearch.caFile`. */
  caName?: string;
  /** SHA-256 of a certificate, 64 hex digits with or without colons. */
  caFingerprint?: string | undefined;
}

/** Opens a TLS connection with these options and nothing sent on it. */
type Probe = (options: ConnectionOptions) => Promise<TLSSocket>;

/** How the message begins where TLS failed: see `noConnection`. */
export const noTrust = 'no trusted TLS connection to ';

/**
 * How every TLS connection is made that is told nothing else: verified, under the CAs that Node carries (Mozilla's). Said,
 * because by default Node asks the environment: NODE_TLS_REJECT_UNAUTHORIZED whether to verify at all, and
 * NODE_EXTRA_CA_CERTS, NODE_USE_SYSTEM_CA and SSL_CERT_FILE or SSL_CERT_DIR for more CAs.
 */
export function verified(): ConnectionOptions {
  // Made once: there are 150 certificates to parse.
  carried ??= createSecureContext({ ca: [...rootCertificates] });
  return { rejectUnauthorized: true, secureContext: carried };
}
let carried: SecureContext | undefined;

const caKey = 'elasticsearch.caFile';

/**
 * Whom a TLS connection is made to: certificates under the CAs that Node carries, those of a file, or under one with a fingerprint.
 *
 * Elastic's own clients, given a fingerprint, look for it in the chain that the server presents; with verification turned
 * off, as it must be for a CA of one's own, anyone can present a chain that ends with the (public) CA certificate, since
 * nobody checks its signatures. So here the fingerprint only finds the certificate, on a connection on which nothing is
 * sent; connections to be used are then verified against it as against a CA file, host name and dates included.
 */
export class TlsTrust {
  readonly #settings: TlsTrustSettings;
  #ca: string | undefined;

  private constructor(settings: TlsTrustSettings) {
    this.#settings = settings;
  }

  /** Throws ElasticsearchError `settings` naming the key and the file. */
  static async read(settings: TlsTrustSettings): Promise<TlsTrust> {
    const trust = new TlsTrust(settings);
    if (settings.caFile !== undefined) trust.#ca = await readCertificates(settings.caFile, settings.caName);
    return trust;
  }

  /** What to verify the next connection with. A file that was replaced counts from then on; a broken one does not. */
  async ca(probe: Probe): Promise<ConnectionOptions> {
    const { caFile, caFingerprint } = this.#settings;
    if (caFile !== undefined) this.#ca = await readCertificates(caFile).catch(() => this.#ca);
    else if (caFingerprint !== undefined) this.#ca ??= await find(caFingerprint, probe);
    if (this.#ca === undefined) return {};
    // Trusted is what was named, also where it is not the root: a server's own certificate, an intermediate CA.
    return { secureContext: createSecureContext({ ca: this.#ca, allowPartialTrustChain: true }) };
  }
}

async function readCertificates(file: string, name = caKey): Promise<string> {
  const text = await readNamedFile(file, name, fileBytesMax.certificates);
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? [];
  if (blocks.length === 0)
    throw new ElasticsearchError('settings', `${name}: ${file} holds no PEM certificate`);
  try {
    return blocks.map((block) => new X509Certificate(block).toString()).join('');
  } catch (cause) {
    throw new ElasticsearchError('settings', `${name}: ${file} holds a certificate that cannot be read`, {
      cause,
    });
  }
}

/** The certificate with this fingerprint, PEM, out of the chain that the server presents. */
async function find(fingerprint: string, probe: Probe): Promise<string> {
  const socket = await probe({ rejectUnauthorized: false });
  const presented = new Map<string, Buffer>();
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  for (; next?.raw && !presented.has(next.fingerprint256); next = next.issuerCertificate)
    presented.set(next.fingerprint256, next.raw);
  socket.destroy();
  const wanted = (fingerprint.replaceAll(':', '').toUpperCase().match(/../gu) ?? []).join(':');
  const found = presented.get(wanted);
  if (found) return new X509Certificate(found).toString();
  throw new Error(
    `${noTrust}it: none of the certificates that it presents (${[...presented.keys()].join(', ')}) ` +
      'has elasticsearch.caFingerprint; a server that does not send its CA needs elasticsearch.caFile',
  );
}
