import { Option } from 'commander';
import type { Command } from 'commander';
import { newCommand } from '../command.ts';
import { addConnection } from '../connection.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { timeHelp } from '../terminal/time.ts';
import { pseudonymKeyHelp } from '../pseudonym-keys.ts';
import { ask } from './ask.ts';
import { add, by, columnNames, rows, verbs } from './options.ts';
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
    .option(
      '--user <name>',
      'who authenticated, or in whose name he acted; * is any text, ? any character; may be given several times',
      add,
    )
    .option('--sa <account>', 'a service account, NAMESPACE/NAME; * and ? as in --user', add)
    .option('--person <name>', 'who acted by an account that others use, too: by name or e-mail address', add)
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
    .option('--code <codes>', 'status codes of the answer: 403, 4xx, 404,409', add)
    .option('--denied', 'only what authentication, authorization or admission refused')
    .addOption(
      new Option('--outcome <outcome>', 'only what ended so; failure holds what was denied')
        .choices(['success', 'failure', 'denied', 'unknown'])
        .conflicts('denied'),
    )
    .option('--source-ip <range>', 'an address that requests came from, or a range: 192.0.2.0/24', add)
    .option(
      '--credential <id>',
      'a credential, JTI=… or X509SHA256=…: the request that issued it and each use, one by one',
    )
    .option('--grants [role]', 'who gave whom which role, the latest first')
    .option('--events', 'each request on its own, the oldest first, with its event.id')
    .option('--by <columns>', `rows that differ in these alone: ${columnNames.join(', ')}`, by)
    .option('--new', 'users, addresses and user agents whose first event lies in the time asked for')
    .option('--known <file>', 'a verdict (auditseal verify --json): mark what it found something against')
    .option('--since <time>', `from then on: ${timeHelp}`)
    .option('--until <time>', 'up to then, a day to its end: as --since')
    .option('--limit <rows>', 'rows that are shown, 0 for all (default: 100; with --json all)', rows)
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
  $ auditseal who --config auditseal.yaml --user 'alice*' --since 2026-11-01 --until 2026-11-08 --events
  $ auditseal who --config auditseal.yaml --grants cluster-admin --since 4w
  $ auditseal who --config auditseal.yaml --denied --since 24h --by user,from
  $ auditseal who --config auditseal.yaml --new --since 1w

That nothing is found is no proof that nothing happened: auditseal verify tells whether the events are all there.`;
