import { describe, expect, inject, test } from 'vitest';
import { checkTemplates } from '../../../agent/streams/index.ts';
import { createClient } from '../../../agent/elasticsearch/index.ts';
import { definesBeside } from './beside.ts';
import { standIn } from '../../kit/stand-in.ts';

describe('with the Elasticsearch of this run', () => {
  definesBeside(() => inject('elasticsearchUrl'));
});

test('a key that may not look at templates goes without, and it is said', async () => {
  await using server = await standIn({
    status: 403,
    body: '{"error":{"type":"security_exception","reason":"no"}}',
  });
  const client = await createClient({ urls: [server.url], requestSeconds: 20 });
  const found = expect.stringContaining('manage_index_templates') as unknown;
  expect(await checkTemplates(client, { namespace: 'x' })).toMatchObject([
    { state: 'unchecked', found },
    { state: 'unchecked', found },
  ]);
});
