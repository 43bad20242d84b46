import { Command, Option } from 'commander';
import { messageOf } from '../../error.ts';
import { jsonLine } from '../../json/index.ts';
import { ConfigError, exitBadConfig } from '../../config/index.ts';
import { createClient, ElasticsearchError } from '../../elasticsearch/index.ts';
import { VerifyError } from '../../verify/index.ts';
import { who, WhoError, type Answer } from '../../who/index.ts';
import { usageEndsWith } from '../exit.ts';
import { addConnection, connectionOf } from '../connection.ts';
import type { Output } from '../output.ts';
import { ProgressLine } from '../terminal/progress.ts';
import { printableError } from '../terminal/text.ts';
import { add, rows, verbs, wishOf, type WhoCommandOptions } from './options.ts';
import { describeAnswer, isSure, summaryOf, type Asked } from './report.ts';

/** As `verify` has it: no access, no stream, any exception. */
const couldNotAsk = 2;

/** As `verify` has it: nothing was found that is wrong, and not all is as it should be. */
const notSure = 3;

/** `auditseal who`, as an auditor calls it; read access to the stream of events is all that it needs. */
export function whoCommand(run: (options: WhoCommandOptions) => Promise<void>): Command {
  const command = new Command('who').description(
    'show who did what: the requests in Elasticsearch, counted exactly, identical copies once',
  );
  return addConnection(command, {
    config: 'take the connection and the namespace from an agent’s configuration',
    apiKey: 'file with an API key that may read the stream of events',
    username: 'user name, with --password-file',
  })
    .option('--user <name>', 'who authenticated, or in whose name he acted; may be given several times', add)
    .option('--group <name>', 'a group of either, as system:masters; may be given several times', add)
    .option(
      '--resource <resource>',
      'secrets, secrets/NS, secrets/NS/NAME, roles.rbac.authorization.k8s.io/NS/NAME, nodes/NAME, pods/NS/NAME/exec, /healthz; ' +
        '* for any part; may be given several times',
      add,
    )
    .option('--named', 'leave out requests on whole collections that hold what --resource names')
    .option('--verb <verbs>', 'get,list,…; read is get,list,watch and write all that change', verbs)
    .option('--denied', 'only what authentication, authorization or admission refused')
    .addOption(
      new Option('--outcome <outcome>', 'only what ended so; failure holds what was denied')
        .choices(['success', 'failure', 'denied', 'unknown'])
        .conflicts('denied'),
    )
    .option('--since <time>', 'from then on: RFC 3339, or as long ago as 26h, 90m, 7d')
    .option('--until <time>', 'up to then: RFC 3339, or as long ago as 1h')
    .option('--limit <rows>', 'rows of the table, 0 for all', rows, 100)
    .option('--json', 'one JSON object a line: each row, then the summary')
    .exitOverride(usageEndsWith())
    .addHelpText('after', help)
    .action(run);
}

const help = `
Exit codes:
  0   answered, also where nothing was found
  3   answered, but a line with ATTENTION says what is not sure, or not told apart
  2   could not ask: no access, no stream, any error
  78  options or configuration

Examples:
  $ auditseal who --url https://elasticsearch:9200 --api-key-file key --resource secrets/prod/db --verb read --since 90d
  $ auditseal who --config auditseal.yaml --user alice --since 2026-11-01T00:00:00Z --until 2026-11-08T00:00:00Z
  $ auditseal who --config auditseal.yaml --denied --since 24h

That nothing is found is no proof that nothing happened: auditseal verify tells whether the events are all there.`;

/** Asks and prints; resolves with the exit code and never rejects. */
export async function ask(options: WhoCommandOptions, output: Output): Promise<number> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  let read = 0;
  const onEvents = (events: number) => (read = events);
  try {
    return await answer(options, output, { signal: stop.signal, onEvents });
  } catch (error) {
    const byUser = isUsage(error);
    const why = messageOf(error);
    const said = stop.signal.aborted ? `stopped before the end: ${read} events read` : why;
    const exitCode = byUser ? exitBadConfig : couldNotAsk;
    if (options.json) output.out(jsonLine({ type: 'summary', exitCode, obstacle: said }));
    output.error(`auditseal who: could not ask: ${printableError(said)}\n`);
    return exitCode;
  } finally {
    process.removeListener('SIGINT', abort).removeListener('SIGTERM', abort);
  }
}

function isUsage(error: unknown): boolean {
  return (
    error instanceof ConfigError ||
    (error instanceof ElasticsearchError && error.code === 'settings') ||
    ((error instanceof VerifyError || error instanceof WhoError) && error.code === 'usage')
  );
}

interface Watch {
  signal: AbortSignal;
  onEvents: (events: number) => void;
}

async function answer(options: WhoCommandOptions, output: Output, watch: Watch): Promise<number> {
  const wish = wishOf(options, new Date());
  const { settings, namespace } = await connectionOf('auditseal who', options);
  const client = await createClient(settings);
  const progress = new ProgressLine(process.stderr);
  try {
    const onEvents = (events: number) => {
      watch.onEvents(events);
      progress.show(() => `asking: ${events} events read`);
    };
    const found = await who(client, wish, { namespace, signal: watch.signal, onEvents });
    progress.clear();
    const exitCode = isSure(found) ? 0 : notSure;
    const asked = { wish, namespace, urls: settings.urls };
    for (const line of printed(found, asked, options, exitCode)) output.out(line);
    return exitCode;
  } finally {
    progress.clear();
    // Not waited for: it would wait in turn for an answer that a dead server began.
    client.close().catch(() => undefined);
  }
}

function* printed(
  found: Answer,
  asked: Asked,
  { json, limit }: WhoCommandOptions,
  exitCode: number,
): Generator<string> {
  if (json) {
    for (const row of found.rows) yield jsonLine({ type: 'row', ...row });
    yield jsonLine({ type: 'summary', ...summaryOf(found, asked), exitCode });
  } else yield `${describeAnswer(found, asked, limit).join('\n')}\n`;
}
