import { expect, test } from 'vitest';
import { plainTextProblems } from '../../../../agent/cli/setup/kibana.ts';

const elastic = { username: 'elastic', passwordFile: 'password' };
const secure = ['https://es.example:9200'];

test('credentials that Elasticsearch gets by TLS are not sent to Kibana in plain text', () => {
  const kibanaUrl = 'http://kibana.example:5601';
  expect(plainTextProblems({ ...elastic, kibanaUrl }, secure)).toEqual([
    expect.stringMatching(/^--kibana-url: .*https/u),
  ]);
  expect(
    plainTextProblems({ apiKeyFile: 'key', kibanaUrl: 'http://127.0.0.1.example' }, secure),
  ).toHaveLength(1);
});

test.each([
  [elastic, secure],
  [{ kibanaUrl: 'http://kibana.example' }, secure],
  [{ ...elastic, kibanaUrl: 'https://kibana.example' }, secure],
  [{ ...elastic, kibanaUrl: 'http://localhost:5601' }, secure],
  [{ ...elastic, kibanaUrl: 'http://[::1]:5601' }, secure],
  [{ ...elastic, kibanaUrl: 'http://kibana.example', kibanaApiKeyFile: 'key' }, secure],
  [{ ...elastic, kibanaUrl: 'http://kibana.example', kibanaUsername: 'u', kibanaPasswordFile: 'f' }, secure],
  [{ ...elastic, kibanaUrl: 'http://kibana.example' }, ['http://es.example:9200', ...secure]],
])('%j beside Elasticsearch at %j goes', (options, urls) => {
  expect(plainTextProblems(options, urls)).toEqual([]);
});
