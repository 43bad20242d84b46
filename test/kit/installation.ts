import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createClient } from '../../agent/elasticsearch/index.ts';
import { eventStream, installTemplates, recordStream } from '../../agent/streams/index.ts';
import type { StoredDocument } from '../../agent/verify/index.ts';
import {
  backingIndices,
  deleteDocument,
  putSource,
  randomNamespace,
  refresh,
} from './elasticsearch/index.ts';
import { main } from './agent/programs.ts';
import type { Written } from './seal/log.ts';

export interface Ran {
  code: number | null;
  stdout: string[];
  stderr: string;
}

/** Runs the command as an auditor would: a process of its own. */
export async function auditseal(parameters: readonly string[], input = ''): Promise<Ran> {
  const child = spawn(process.execPath, [main, ...parameters], { stdio: 'pipe' });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout.split('\n').slice(0, -1), stderr };
}

/** Of a report: below the workpaper, and above what begins with what was checked. */
export function findingLines(report: readonly string[]): string[] {
  const end = Math.max(
    0,
    report.findIndex((line) => line.startsWith('checked: ')),
  );
  return report.slice(report.indexOf('') + 1, end).filter((line) => !line.startsWith('  '));
}

/** Two streams of our own in the Elasticsearch of this run. */
export class Installation {
  readonly url: string;
  readonly namespace = randomNamespace();

  constructor(url: string) {
    this.url = url;
  }

  /** Installs the templates and writes everything as the agent would. */
  async write({ events, records }: Written): Promise<void> {
    const client = await createClient({ urls: [this.url], requestSeconds: 60 });
    await installTemplates(client, { namespace: this.namespace, retentionDays: 400 });
    await this.create('events', events);
    await this.create('records', records);
    await client.close();
  }

  async create(stream: 'events' | 'records', documents: readonly StoredDocument[]): Promise<void> {
    const lines = documents.flatMap(({ id, source }) => [
      Buffer.from(`${JSON.stringify({ create: { _id: id } })}\n`),
      source,
      Buffer.from('\n'),
    ]);
    const answer = await fetch(`${this.url}/${this.stream(stream)}/_bulk?refresh=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: new Uint8Array(Buffer.concat(lines)),
    });
    const text = await answer.text();
    if (!answer.ok || (JSON.parse(text) as { errors: boolean }).errors)
      throw new Error(`_bulk: ${text.slice(0, 2000)}`);
  }

  stream(stream: 'events' | 'records'): string {
    return (stream === 'events' ? eventStream : recordStream)(this.namespace);
  }

  async put(stream: 'events' | 'records', id: string, source: Buffer): Promise<void> {
    await putSource(this.url, await this.#index(stream), id, source);
  }

  async remove(stream: 'events' | 'records', ...ids: string[]): Promise<void> {
    for (const id of ids) await deleteDocument(this.url, await this.#index(stream), id);
    await refresh(this.url, this.stream(stream));
  }

  /** The lines that `auditseal verify` prints for its findings, and how it ended. */
  async verify(...parameters: string[]): Promise<{ findings: string[]; code: number | null; all: Ran }> {
    const common = ['verify', '--url', this.url, '--namespace', this.namespace];
    const all = await auditseal([...common, ...parameters]);
    return { findings: findingLines(all.stdout), code: all.code, all };
  }

  async #index(stream: 'events' | 'records'): Promise<string> {
    return (await backingIndices(this.url, this.stream(stream))).at(-1)!;
  }
}
