import { expect, test } from 'vitest';
import { formatSigner, generateKey, parseVerifierKey } from '../../../agent/seal/index.ts';

test('a private key in place of a verifier key is not repeated', () => {
  const signer = formatSigner(generateKey('alice@example.com'));
  for (const text of [signer, ` ${signer}`, `${signer}\n`])
    expect(() => parseVerifierKey(text)).toThrow(
      expect.objectContaining({
        code: 'bad-vkey',
        message: 'this is a private key, not a verifier key (vkey); it is not shown here',
      }),
    );
});
