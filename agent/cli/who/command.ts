import { Option } from 'commander';
import type { Command } from 'commander';
import { newCommand } from '../command.ts';
import { addConnection } from '../connection.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { pseudonymKeyHelp } from '../pseudonym-keys.ts';
import { ask } from './ask.ts';
import { add, rows, verbs } from './options.ts';
import type { WhoCommandOptions } from './options.ts';

/** `auditseal who`, as an auditor calls it; read access to the stream of events is all that it needs. */
export function defineWho(terminal: Terminal): Command {
  const command = newCommand('who', terminal).description(
    'show who did what: the requests in Elasticsearch, counted exactly, identical copies once',
  );
  return addConnection(command, {
    config: 'take the connection and the namespace from an agent’s configuration',
    apiKey: 'file with an API key that may read the stream of events',
    username: 'user name, with --password-file',
  })
    .option('--user <name>', 'who authenticated, or in whose name he acted; may be given several times', add)
    .option('--pseudonym-key-file <file>', `with --user: ${pseudonymKeyHelp}`, add)
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
    .option(
      '--proof <folder>',
      'write a proof of what is listed there, which auditseal check takes; the key must also read the records',
    )
    .option('--trust <file>', 'with --proof: trust file, from whose keys on the chain is written')
    .addHelpText('after', help)
    .action(async (options: WhoCommandOptions) => await ask(options, terminal));
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
