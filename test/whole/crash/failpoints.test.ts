import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { failpointGroups, killAtFailpoints } from './failpoints.ts';
import { Random } from '../../kit/random.ts';

const agentFolder = join(import.meta.dirname, '../../../agent');

test('every failpoint of the agent is in the list of those that are tested', async () => {
  const found = new Set<string>();
  for await (const file of glob('**/*.ts', { cwd: agentFolder })) {
    // No agent erases: test/whole/attacks/erase.test.ts stops there.
    if (file.startsWith('erase/')) continue;
    const text = await readFile(join(agentFolder, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/failpoint\('([^']+)'\)/gu)) found.add(name);
  }
  expect([...found].toSorted()).toEqual(failpointGroups.flat().toSorted());
});

for (const [i, failpoints] of failpointGroups.entries()) {
  test.concurrent(
    `killed at ${failpoints.join(', ')}, and started again, the agent loses nothing and sends nothing twice`,
    async () => {
      const url = inject('elasticsearchUrl');
      expect(await killAtFailpoints({ url, failpoints, random: new Random(i) })).toEqual([]);
    },
  );
}
