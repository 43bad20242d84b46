import { createClient } from '../../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../elasticsearch/index.ts';
import { jsonLine } from '../../json/index.ts';
import { findEvents } from '../../proof/index.ts';
import { readTrust } from '../../trust/index.ts';
import { Lookup } from '../../verify/index.ts';
import { who } from '../../who/index.ts';
import type { Answer } from '../../who/index.ts';
import { runCommand } from '../command.ts';
import type { Failure } from '../command.ts';
import { connectionOf } from '../connection.ts';
import { formsOf, pseudonymsOf } from '../pseudonym-keys.ts';
import { exitCode } from '../exit-code.ts';
import { proveInto } from '../proof/index.ts';
import { ProgressLine } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { ListedEvents } from './listed-events.ts';
import { queryOf } from './options.ts';
import type { WhoCommandOptions } from './options.ts';
import { describeAnswer, isSure, summaryOf } from './report.ts';
import type { Asked } from './report.ts';

/** Asks, and prints the answer. */
export async function ask(options: WhoCommandOptions, terminal: Terminal): Promise<void> {
  let read = 0;
  const onEvents = (events: number) => (read = events);
  const onFailure = ({ why, exitCode: code }: Failure) => {
    if (options.json) terminal.out(jsonLine({ type: 'summary', exitCode: code, obstacle: why }));
  };
  const settings = {
    name: 'who',
    failure: 'could not ask',
    progress: () => `${read} events read`,
    onFailure,
  };
  await runCommand(
    settings,
    terminal,
    async ({ signal }) => await answer(options, terminal, { signal, onEvents }),
  );
}

interface AskContext {
  signal: AbortSignal;
  onEvents: (events: number) => void;
}

async function answer(
  options: WhoCommandOptions,
  terminal: Terminal,
  { signal, onEvents: onRead }: AskContext,
): Promise<number> {
  const keys = await pseudonymsOf(options.pseudonymKeyFile);
  const people = (options.user ?? []).map((name) => formsOf(name, keys));
  const query = queryOf(options, people.flat(), new Date());
  const { settings, namespace } = await connectionOf(options);
  const client = await createClient(settings);
  const progress = new ProgressLine(process.stderr);
  try {
    const onEvents = (events: number) => {
      onRead(events);
      progress.show(() => `asking: ${events} events read`);
    };
    const listed = options.proof === undefined ? undefined : new ListedEvents();
    const { onOriginal, onListed } = listed ?? {};
    const asking = { namespace, signal, onEvents, onOriginal, onListed };
    const found = known(await who(client, query, asking), people);
    progress.clear();
    const code = isSure(found) ? exitCode.done : exitCode.unsure;
    const asked = { query, namespace, urls: settings.urls };
    for (const text of printed(found, asked, options, code)) terminal.out(text);
    if (listed) await prove(listed.ids, options, { client, namespace, signal, terminal });
    return code;
  } finally {
    progress.clear();
    // Not awaited: closing waits for the rest of an answer, which a dead server never sends.
    client.close().catch(() => undefined);
  }
}

interface ProveContext {
  client: ElasticsearchClient;
  namespace: string;
  signal: AbortSignal;
  terminal: Terminal;
}

/** Writes the proof of what is listed. Throws ProofError and ElasticsearchError. */
async function prove(
  ids: readonly string[],
  { proof: folder, trust: trustFile, json }: WhoCommandOptions,
  { client, namespace, signal, terminal }: ProveContext,
): Promise<void> {
  if (folder === undefined || ids.length === 0) return;
  const trust = trustFile === undefined ? undefined : await readTrust(trustFile);
  const lookup = new Lookup(client, namespace, signal);
  const found = await findEvents(client, namespace, { ids }, signal);
  await proveInto(folder, found, { lookup, trust, json, terminal });
}

/** The answer, without calling a name misspelt of whose forms another is there. */
function known(found: Answer, people: readonly (readonly string[])[]): Answer {
  const { unknownNames } = found.coverage;
  const isThere = (forms: readonly string[]) => forms.some((form) => !unknownNames.includes(`user ${form}`));
  const others = people.filter(isThere).flat();
  const unknown = unknownNames.filter((name) => !others.some((form) => name === `user ${form}`));
  return { ...found, coverage: { ...found.coverage, unknownNames: unknown } };
}

function* printed(
  found: Answer,
  asked: Asked,
  { json, limit }: WhoCommandOptions,
  code: number,
): Generator<string> {
  if (json) {
    for (const row of found.rows) yield jsonLine({ type: 'row', ...row });
    yield jsonLine({ type: 'summary', ...summaryOf(found, asked), exitCode: code });
  } else yield `${describeAnswer(found, asked, limit).join('\n')}\n`;
}
