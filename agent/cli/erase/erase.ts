import { createClient } from '../../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../elasticsearch/index.ts';
import { erase, eventsOf } from '../../erase/index.ts';
import type { Erased, Plan } from '../../erase/index.ts';
import { jsonLine, printable } from '../../json/index.ts';
import { readOperatorKey } from '../../trust/index.ts';
import { VerifyError } from '../../verify/index.ts';
import { runCommand } from '../command.ts';
import type { Failure } from '../command.ts';
import { connectionOf } from '../connection.ts';
import type { ConnectionOptions } from '../connection.ts';
import { exitCode } from '../exit-code.ts';
import { formsOf, pseudonymsOf } from '../pseudonym-keys.ts';
import { ProgressLine } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { count } from '../terminal/text.ts';
import { timeRangeOf } from '../terminal/time.ts';

/** Options of `auditseal erase`, as commander gives them. */
export interface EraseCommandOptions extends ConnectionOptions {
  user: string[];
  pseudonymKeyFile?: string[];
  why: string;
  since?: string;
  until?: string;
  key?: string;
  yes?: boolean;
  json?: boolean;
}

/** Shows what would be erased, and erases it with `--yes`. */
export async function erasePerson(options: EraseCommandOptions, terminal: Terminal): Promise<void> {
  let deleted = 0;
  const onDeleted = (documents: number) => (deleted = documents);
  const onFailure = ({ why, exitCode: code }: Failure) => {
    if (options.json) terminal.out(jsonLine({ type: 'summary', deleted, exitCode: code, obstacle: why }));
  };
  const progress = () => `${deleted} documents deleted; run the same command again`;
  await runCommand(
    { name: 'erase', progress, onFailure },
    terminal,
    async ({ signal }) => await work(options, terminal, { signal, onDeleted }),
  );
}

interface EraseContext {
  signal: AbortSignal;
  onDeleted: (documents: number) => void;
}

async function work(
  options: EraseCommandOptions,
  terminal: Terminal,
  context: EraseContext,
): Promise<number> {
  const { user, why, yes, key: keyFile } = options;
  const now = new Date();
  checkReason(why, user);
  if (yes && keyFile === undefined)
    throw new VerifyError(
      'usage',
      '--key: give the eraser’s private key: nothing is deleted that is not signed away',
    );
  const keys = await pseudonymsOf(options.pseudonymKeyFile);
  const users = user.flatMap((name) => formsOf(name, keys));
  const time = timeRangeOf(options, now);
  const { settings, namespace } = await connectionOf(options);
  const key = keyFile === undefined ? undefined : await readOperatorKey(keyFile);
  const client = await createClient(settings);
  try {
    const asked = { namespace, users, time, now, signal: context.signal };
    const plan = await eventsOf(client, asked);
    show(plan, options, terminal);
    if (!yes || key === undefined) return only(plan, options, terminal);
    const erased = await eraseAll(client, plan, { key, at: now, why, namespace, ...context });
    return summed(erased, await eventsOf(client, asked), options, terminal);
  } finally {
    await client.close();
  }
}

/** A statement stays for as long as the records: who is erased must not stand in it. */
function checkReason(why: string, users: readonly string[]): void {
  if (why.trim() === '') throw new VerifyError('usage', '--why: it must not be empty: reports show it');
  const named = users.find((name) => why.toLowerCase().includes(name.toLowerCase()));
  if (named !== undefined)
    throw new VerifyError(
      'usage',
      '--why: it holds the name of --user, and stays in the log for ever: give the number of the request',
    );
}

async function eraseAll(
  client: ElasticsearchClient,
  plan: Plan,
  options: Parameters<typeof erase>[2] & EraseContext,
): Promise<Erased> {
  const progress = new ProgressLine(process.stderr);
  try {
    return await erase(client, plan, {
      ...options,
      onDeleted: (documents) => {
        options.onDeleted(documents);
        progress.show(() => `erasing: ${documents} documents deleted`);
      },
    });
  } finally {
    progress.clear();
  }
}

function show({ logs }: Plan, { json }: EraseCommandOptions, { out }: Terminal): void {
  for (const { origin, places, documents } of logs) {
    const copies = documents.length - places.length;
    if (json) out(jsonLine({ type: 'log', log: origin, events: places.length, copies }));
    else
      out(
        `${printable(origin)}  ${count(places.length)} events${copies > 0 ? `, ${count(copies)} copies` : ''}\n`,
      );
  }
}

function eventsIn({ logs }: Plan): number {
  return logs.reduce((sum, { places }) => sum + places.length, 0);
}

/** Without `--yes`. */
function only(plan: Plan, { json }: EraseCommandOptions, { out }: Terminal): number {
  const events = eventsIn(plan);
  const code = events + plan.unproven === 0 ? exitCode.done : exitCode.unsure;
  if (json)
    out(
      jsonLine({
        type: 'summary',
        events,
        unproven: plan.unproven,
        deleted: 0,
        statements: 0,
        exitCode: code,
      }),
    );
  else {
    const more = events === 0 ? '' : '; nothing was deleted: repeat with --key and --yes to sign and delete';
    out(`found: ${count(events)} events${more}\n`);
    if (plan.unproven > 0) out(attention(plan.unproven));
  }
  return code;
}

function summed(
  { statements, deleted }: Erased,
  left: Plan,
  { json }: EraseCommandOptions,
  { out }: Terminal,
): number {
  const remaining = eventsIn(left);
  const code = remaining + left.unproven === 0 ? exitCode.done : exitCode.unsure;
  if (json)
    out(
      jsonLine({
        type: 'summary',
        deleted,
        statements: statements.length,
        remaining,
        unproven: left.unproven,
        exitCode: code,
      }),
    );
  else {
    out(`erased: ${count(deleted)} documents, ${count(statements.length)} statements signed\n`);
    if (remaining > 0)
      out(`ATTENTION: ${count(remaining)} events have come meanwhile: run the same command again\n`);
    if (left.unproven > 0) out(attention(left.unproven));
  }
  return code;
}

function attention(unproven: number): string {
  return (
    `ATTENTION: ${count(unproven)} documents name the person and are left alone: they are not what was sealed, or no record of them has ` +
    'arrived. Run auditseal verify; if it finds nothing, run the same command again in a minute\n'
  );
}
