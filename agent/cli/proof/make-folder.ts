import { createClient } from '../../elasticsearch/index.ts';
import { jsonLine, printable } from '../../json/index.ts';
import { findEvents, makeProof, ProofError, writeProof } from '../../proof/index.ts';
import type { Proof, Wanted } from '../../proof/index.ts';
import { isOrigin } from '../../seal/index.ts';
import { readTrust } from '../../trust/index.ts';
import { eventNameOf, judgeRecord, Lookup } from '../../verify/index.ts';
import { runCommand } from '../command.ts';
import type { Failure } from '../command.ts';
import { connectionOf } from '../connection.ts';
import type { ConnectionOptions } from '../connection.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { count } from '../terminal/text.ts';

/** Options of `auditseal proof`, as commander gives them. */
export interface ProofOptions extends ConnectionOptions {
  id?: string[];
  auditId?: string[];
  batch?: number;
  log?: string;
  out: string;
  trust?: string;
  json?: boolean;
}

/** Looks the events up, proves them and writes the folder. */
export async function makeFolder(options: ProofOptions, terminal: Terminal): Promise<void> {
  const onFailure = ({ why, exitCode: code }: Failure) => {
    if (options.json) terminal.out(jsonLine({ type: 'proof', exitCode: code, message: why }));
  };
  const settings = { name: 'proof', failure: 'not written', onFailure };
  await runCommand(settings, terminal, async ({ signal, fail }) => {
    checkQuestion(options);
    const { settings: connection, namespace } = await connectionOf(options);
    const trust = options.trust === undefined ? undefined : await readTrust(options.trust);
    const client = await createClient(connection);
    try {
      const lookup = new Lookup(client, namespace, signal);
      const found = await findEvents(client, namespace, await wantedOf(options, lookup), signal);
      if (found.length === 0) throw new ProofError('not-there', 'there is no such event');
      await proveInto(options.out, found, { lookup, trust, json: options.json, terminal });
      return exitCode.done;
    } catch (error) {
      if (!(error instanceof ProofError && error.code === 'untrusted')) throw error;
      fail(error);
      return exitCode.unsure;
    } finally {
      // Not awaited: closing waits for the rest of an answer, which a dead server never sends.
      client.close().catch(() => undefined);
    }
  });
}

interface Into {
  lookup: Lookup;
  trust: Parameters<typeof makeProof>[2];
  json?: boolean | undefined;
  terminal: Terminal;
}

/** Proves what was found, writes it into a folder and says so. Throws ProofError and ElasticsearchError. */
export async function proveInto(
  folder: string,
  found: Parameters<typeof makeProof>[0],
  { lookup, trust, json, terminal }: Into,
): Promise<void> {
  const proof = await makeProof(found, lookup, trust);
  await writeProof(folder, proof);
  const events = proof.batches.reduce((sum, { leaves }) => sum + leaves.length, 0);
  const starts = [...new Set([...proof.chains.values()].map(({ start }) => start))];
  const counts = { events, batches: proof.batches.length, links: linksOf(proof) };
  if (json)
    terminal.out(
      jsonLine({ type: 'proof', folder, ...counts, starts, trusted: proof.trusted, exitCode: exitCode.done }),
    );
  else
    terminal.out(
      `${printable(`written: ${folder}: ${count(events)} events of ${count(counts.batches)} batches, ${counts.links} changes of keys`)}\n` +
        starts.map((start) => `${printable(`key: ${start}`)}\n`).join('') +
        (proof.trusted ? '' : 'no trust file: whoever checks it has to know these keys\n'),
    );
}

function linksOf({ chains }: Proof): number {
  return new Set([...chains.values()].flatMap(({ links }) => links.map(({ vkey }) => vkey))).size;
}

function checkQuestion({ id, auditId, batch, log }: ProofOptions): void {
  const asked = [id, auditId, batch].filter((each) => each !== undefined).length;
  if (asked !== 1) throw new ProofError('usage', '--id, --audit-id or --batch: give one of them');
  if (log !== undefined && batch === undefined) throw new ProofError('usage', '--log goes with --batch');
  if (log !== undefined && !isOrigin(log))
    throw new ProofError('usage', '--log must be <cluster>/<node>/<source>/<epoch>, as verify prints it');
  for (const each of id ?? [])
    if (!eventNameOf(each))
      throw new ProofError('usage', `--id: ${JSON.stringify(each.slice(0, 100))} is no id of an event`);
}

async function wantedOf({ id, auditId, batch, log }: ProofOptions, lookup: Lookup): Promise<Wanted> {
  if (id) return { ids: id };
  if (auditId) return { auditIds: auditId };
  const origin = log ?? (await onlyLog(lookup));
  for await (const document of lookup.batches(origin, [batch!])) {
    const { record } = judgeRecord(document, lookup.namespace);
    if (record?.manifest.origin === origin && record.manifest.batch === batch) {
      if (record.manifest.count === 0)
        throw new ProofError('not-there', `batch ${batch} of ${origin} is a heartbeat, without events`);
      return { record };
    }
  }
  throw new ProofError('not-there', `there is no valid record of batch ${batch} of ${origin}`);
}

async function onlyLog(lookup: Lookup): Promise<string> {
  const first = await lookup.nextOrigin('');
  if (first === undefined) throw new ProofError('not-there', 'there is no record');
  const second = await lookup.nextOrigin(first);
  if (second !== undefined)
    throw new ProofError('usage', `--log: say which of the logs, as ${first} or ${second}`);
  return first;
}
