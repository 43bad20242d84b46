import { writeFile } from 'node:fs/promises';
import { createClient } from '../../elasticsearch/index.ts';
import { messageOf } from '../../error.ts';
import { newestCheckpoints } from '../../proof/index.ts';
import { Lookup, VerifyError } from '../../verify/index.ts';
import { runCommand } from '../command.ts';
import { connectionOf } from '../connection.ts';
import type { ConnectionOptions } from '../connection.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { count } from '../terminal/text.ts';

export interface KeepOptions extends ConnectionOptions {
  out?: string;
}

/** Looks up the newest checkpoint of each log and writes them. */
export async function keep(options: KeepOptions, terminal: Terminal): Promise<void> {
  await runCommand({ name: 'checkpoint', failure: 'not written' }, terminal, async ({ signal }) => {
    const { settings, namespace } = await connectionOf(options);
    const client = await createClient(settings);
    try {
      const notes = await newestCheckpoints(new Lookup(client, namespace, signal));
      const text = notes.join('\n');
      if (options.out === undefined) terminal.out(text);
      else {
        await write(options.out, text);
        terminal.out(`written: ${options.out}: the checkpoints of ${count(notes.length)} logs\n`);
      }
      return exitCode.done;
    } finally {
      // Not awaited: closing waits for the rest of an answer, which a dead server never sends.
      client.close().catch(() => undefined);
    }
  });
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: 'wx', flush: true }).catch((cause: unknown) => {
    throw new VerifyError('usage', `--out: ${file} cannot be written: ${messageOf(cause)}`, { cause });
  });
}
