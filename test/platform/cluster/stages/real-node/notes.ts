import assert from 'node:assert/strict';
import type { Cluster } from '../../cluster.ts';
import { release } from '../../helm.ts';
import { commandsOf } from '../../notes.ts';
import type { Shell } from '../../notes.ts';

/** Every command that NOTES.txt prints, as it prints it. */
export async function checkNotes({ report, helm }: Cluster, shell: Shell, count: number): Promise<void> {
  const commands = commandsOf(await helm.demand('get', 'notes', release));
  for (const command of commands)
    await report.claim(`NOTES.txt: ${command.replaceAll(/\s+/gu, ' ')}`, async () => {
      const said = (await shell(command)).trim().split('\n');
      if (command.includes(' status --config')) assert.match(said.join('\n'), /control-plane-1/u);
      return said.at(-1)!.slice(0, 120);
    });
  await report.claim('these were all that it has', () => assert.equal(commands.length, count));
}
