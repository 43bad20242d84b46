import { expect, test } from 'vitest';
import { createLogger } from '../../../agent/observe/index.ts';
import { ElasticsearchError } from '../../../agent/elasticsearch/index.ts';

function logged(log: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  log(createLogger('info', { write: (line) => void (text += line) }));
  return text;
}

test('what a server answered is in the log as it was, and acts on no terminal', () => {
  const message = 'POST /_bulk: 500 \u009B2J\u202Eok\u2028\u001B[1A';
  const line = logged((logger) =>
    logger.warn({ error: new Error(message), 'file.path': '/\u202E' }, message),
  );
  expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(line.split('\n')).toHaveLength(2);
  expect(JSON.parse(line)).toMatchObject({ message, 'file.path': '/\u202E', error: { message } });
});

test('an error with a code is told without the place in the program, any other with it', () => {
  const line = logged((logger) => {
    logger.warn({ error: new ElasticsearchError('timeout', 'no answer') });
    logger.error({ error: new TypeError('a fault of ours') });
  });
  const [coded, other] = line
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as { error: object });
  expect(coded?.error).toEqual({ type: 'ElasticsearchError', code: 'timeout', message: 'no answer' });
  expect(other?.error).toMatchObject({
    type: 'TypeError',
    stack_trace: expect.stringContaining('log.test') as unknown,
  });
});

test('a line names the program and the node, not the pod', () => {
  let text = '';
  createLogger('info', { write: (line) => void (text += line) }, 'cp-1').info('hello');
  expect(JSON.parse(text)).toMatchObject({ 'log.logger': 'auditseal', 'host.name': 'cp-1' });
});
