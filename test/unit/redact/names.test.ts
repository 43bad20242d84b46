import { expect, test } from 'vitest';
import { isSecretName } from '../../../agent/redact/names.ts';

test.each([
  'password',
  'PASSWORD',
  'DB_PASSWORD',
  'dbPassword',
  'db-password2',
  'POSTGRES_PASSWD',
  'awsSecretAccessKey',
  'AWS_SECRET_ACCESS_KEY',
  'apiKey',
  'API_KEY',
  'x-api-key',
  'clientSecret',
  'spec.token',
  '--token',
  '.dockerconfigjson',
  'connectionString',
  'Authorization',
  'Set-Cookie',
  'HTTPToken',
  'PGPASSWORD',
  'MYDBPASS',
])('the value of %s is a secret', (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each([
  'secretName',
  'tokenPath',
  'PASSWORD_FILE',
  'passwordSecretRef',
  'secrets',
  'imagePullSecrets',
  'authentication.kubernetes.io/credential-id',
  'authorization.k8s.io/reason',
  'tokenExpirationSeconds',
  'automountServiceAccountToken2Mount',
  'key',
  'compass',
  'bypass',
  'author',
  '',
  'x'.repeat(100_000) + 'password',
])('the value of %s is none', (name) => {
  expect(isSecretName(name)).toBe(false);
});
