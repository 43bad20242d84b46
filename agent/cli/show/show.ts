import { createClient } from '../../elasticsearch/index.ts';
import { jsonLine } from '../../json/index.ts';
import { readTrust } from '../../trust/index.ts';
import { eventNameOf, judgeEvent, Lookup, VerifyError } from '../../verify/index.ts';
import { runCommand } from '../command.ts';
import type { Failure } from '../command.ts';
import { connectionOf } from '../connection.ts';
import type { ConnectionOptions } from '../connection.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { describeEvent, eventObject } from './report.ts';

export interface ShowOptions extends ConnectionOptions {
  trust?: string;
  raw?: boolean;
  json?: boolean;
}

/** Looks up, judges and prints one event. */
export async function show(id: string, options: ShowOptions, terminal: Terminal): Promise<void> {
  const onFailure = ({ why, exitCode }: Failure) => {
    if (options.json)
      terminal.out(jsonLine({ type: 'event', id, verdict: 'could not check', exitCode, message: why }));
  };
  const settings = { name: 'show', failure: 'could not check', onFailure };
  await runCommand(settings, terminal, async ({ signal }) => {
    const name = eventNameOf(id);
    if (!name) throw new VerifyError('usage', `${JSON.stringify(id.slice(0, 100))} is no id of an event`);
    const { settings: connection, namespace } = await connectionOf(options);
    const trust = options.trust === undefined ? undefined : await readTrust(options.trust);
    const client = await createClient(connection);
    try {
      const event = await judgeEvent(new Lookup(client, namespace, signal), name, { now: new Date(), trust });
      if (options.raw) for (const { source } of event.documents) terminal.out(`${source.toString()}\n`);
      else if (options.json) terminal.out(jsonLine(eventObject(id, event)));
      else terminal.out(`${describeEvent(event, options.trust).join('\n')}\n`);
      return event.exitCode;
    } finally {
      // Not awaited: closing waits for the rest of an answer, which a dead server never sends.
      client.close().catch(() => undefined);
    }
  });
}
