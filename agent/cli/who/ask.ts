import { createClient } from '../../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../elasticsearch/index.ts';
import { fileBytesMax, InputError, readHashedTextFile } from '../../input/index.ts';
import { jsonLine } from '../../json/index.ts';
import { findEvents } from '../../proof/index.ts';
import { readTrust } from '../../trust/index.ts';
import { KnownFindings, Lookup, VerifyError } from '../../verify/index.ts';
import { KnownDocuments } from '../../who/index.ts';
import type { Reading } from '../../who/index.ts';
import { runCommand } from '../command.ts';
import type { Failure } from '../command.ts';
import { connectionOf } from '../connection.ts';
import { exitCode } from '../exit-code.ts';
import { formsOf, pseudonymsOf } from '../pseudonym-keys.ts';
import { proveInto } from '../proof/index.ts';
import { ProgressLine } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { answerOf } from './answer.ts';
import { ListedEvents } from './listed-events.ts';
import { modeOf, queryOf } from './options.ts';
import type { WhoCommandOptions } from './options.ts';
import { describe, summaryOf } from './report.ts';
import type { Asked, Told } from './report.ts';

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
  const people: string[][] = [];
  const forms = (name: string) => {
    people.push(formsOf(name, keys));
    return people.at(-1)!;
  };
  const mode = modeOf(options);
  const query = { ...queryOf(options, forms, new Date()), isGrant: mode === 'grants' };
  const role = typeof options.grants === 'string' ? options.grants : undefined;
  const known = options.known === undefined ? undefined : await readKnown(options.known);
  const { settings, namespace } = await connectionOf(options);
  const client = await createClient(settings);
  const progress = new ProgressLine(process.stderr);
  try {
    const onEvents = (events: number) => {
      onRead(events);
      progress.show(() => `asking: ${events} events read`);
    };
    const asked: Asked = { query, namespace, urls: settings.urls, role };
    const isShort = terminal.columns !== undefined && options.json !== true;
    const amend = <Read extends Pick<Reading, 'coverage'>>(found: Read) => withKnownPeople(found, people);
    const listed = options.proof === undefined ? undefined : new ListedEvents();
    const { onOriginal, onListed } = listed ?? {};
    const context = { namespace, signal, onEvents, onOriginal, onListed, known, isShort, amend };
    const told = await answerOf(client, options, asked, context);
    progress.clear();
    const code = told.attentions.length === 0 ? exitCode.done : exitCode.unsure;
    for (const text of printed(told, asked, { options, code, terminal })) terminal.out(text);
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

/** The documents that a verdict names. Throws VerifyError `usage`. */
async function readKnown(file: string): Promise<KnownDocuments> {
  const { text } = await readHashedTextFile(file, fileBytesMax.verdict).catch((cause: unknown) => {
    if (!(cause instanceof InputError)) throw cause;
    throw new VerifyError('usage', `--known: ${file} ${cause.message}`, { cause });
  });
  return new KnownDocuments(KnownFindings.parse(file, text).documents);
}

/** The answer, without calling a name misspelt of whose forms another is there. */
function withKnownPeople<Read extends Pick<Reading, 'coverage'>>(
  found: Read,
  people: readonly (readonly string[])[],
): Read {
  const { unknownNames } = found.coverage;
  const isThere = (forms: readonly string[]) => forms.some((form) => !unknownNames.includes(`user ${form}`));
  const others = people.filter(isThere).flat();
  const unknown = unknownNames.filter((name) => !others.some((form) => name === `user ${form}`));
  return { ...found, coverage: { ...found.coverage, unknownNames: unknown } };
}

function* printed(
  told: Told,
  asked: Asked,
  { options, code, terminal }: { options: WhoCommandOptions; code: number; terminal: Terminal },
): Generator<string> {
  if (options.json) {
    for (const each of told.sheet.objects) yield jsonLine(each);
    yield jsonLine({ type: 'summary', ...summaryOf(told, asked), exitCode: code });
  } else yield `${describe(told, asked, terminal.columns).join('\n')}\n`;
}
