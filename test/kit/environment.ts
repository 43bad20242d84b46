// A machine may have these set for other programs. Commands that tests start would say of each that it has no effect.
for (const name of [
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'NODE_USE_ENV_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'ALL_PROXY',
]) {
  delete process.env[name];
  delete process.env[name.toLowerCase()];
}
