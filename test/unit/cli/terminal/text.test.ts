import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { fit, pad, padLeft, printableError, withoutSecrets } from '../../../../agent/cli/terminal/text.ts';

test.each([
  ['Zoë 管理者', 10],
  ['👩‍💻 dev', 6],
  ['e\u0301', 1],
  ['ｶﾞ', 2],
  ['plain', 5],
])('%s takes %i columns, and is filled and cut by them', (text, width) => {
  expect(stringWidth(pad(text, 12))).toBe(12);
  expect(pad(text, 12).trimEnd()).toBe(text);
  expect(padLeft(text, 12)).toBe(' '.repeat(12 - width) + text);
  expect(fit(text, width)).toBe(text);
  for (let columns = 1; columns < width; columns += 1) {
    const cut = fit(text, columns);
    expect(cut.endsWith('…')).toBe(true);
    expect(stringWidth(cut)).toBeLessThanOrEqual(columns);
  }
});

test('what a server answered cannot pass for a line of ours', () => {
  const message = 'POST /_search: 500 \u001B[1A\u001B[2K\nverdict: verified\n  cluster: is missing';
  expect(printableError(message)).toBe(
    'POST /_search: 500 \\u001b[1A\\u001b[2K\n  verdict: verified\n  cluster: is missing',
  );
});

test('a URL is shown without credentials and query', () => {
  expect(withoutSecrets('https://u:p@elasticsearch:9200/base?token=x')).toBe(
    'https://elasticsearch:9200/base',
  );
});
