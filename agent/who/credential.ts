import { WhoError } from './error.ts';

/** Where a document says which credential was used, and which one the request issued. */
export const credentialFields = {
  used: 'auditseal.credential.id',
  issued: 'auditseal.credential.issued',
} as const;

/** To what the credential of a service account is bound: the apiserver read it in the token itself. */
export const boundFields = {
  pod: 'auditseal.credential.pod',
  node: 'auditseal.credential.node',
} as const;

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/u;
const sha256 = /^[\da-f]{64}$/u;

/**
 * The id of a credential as the apiserver writes it (k8s.io/apiserver pkg/authentication/user, CredentialIDKey): `JTI=…` of a token,
 * `X509SHA256=…` of a client certificate. Either may be given without that. Throws WhoError `usage`.
 */
export function parseCredential(text: string): string {
  if (/^(?:JTI|X509SHA256)=./u.test(text)) return text;
  const id = text.toLowerCase();
  if (uuid.test(id)) return `JTI=${id}`;
  if (sha256.test(id.replaceAll(':', ''))) return `X509SHA256=${id.replaceAll(':', '')}`;
  throw new WhoError(
    'usage',
    `--credential: ${JSON.stringify(text)} is neither JTI=… (a token's jti, a UUID) nor X509SHA256=… (the SHA-256 of a certificate)`,
  );
}
