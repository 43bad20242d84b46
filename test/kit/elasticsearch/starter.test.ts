import { expect, test } from 'vitest';
import { ElasticsearchStartError } from './errors.ts';
import type { ElasticsearchStartCode } from './errors.ts';
import { askStarter } from './secured.ts';
import { starter } from './starter.ts';

async function ask(code: ElasticsearchStartCode) {
  const lines: string[] = [];
  const { url, stop } = await starter(
    (line) => lines.push(line),
    () => Promise.reject(new ElasticsearchStartError(code, `because of ${code}`)),
  );
  const answer = await askStarter(url).catch(String);
  await stop();
  return { answer, lines };
}

test.each(['no-jdk', 'no-maven'] as const)('%s skips, and says so', async (code) => {
  const { answer, lines } = await ask(code);
  expect(answer).toBeUndefined();
  expect(lines.join()).toMatch(new RegExp(`^SKIPPED .*because of ${code}$`, 'u'));
});

test.each(['fetch-failed', 'start-failed'] as const)('%s fails who asks, with the reason', async (code) => {
  const { answer, lines } = await ask(code);
  expect(answer).toContain(`because of ${code}`);
  expect(lines.join()).toMatch(/^FAILED /u);
});
