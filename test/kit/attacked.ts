import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { logIdOf } from '../../agent/seal/index.ts';
import type { Statement } from '../../agent/seal/index.ts';
import { addTrust } from '../../agent/trust/index.ts';
import type { StoredDocument } from '../../agent/verify/index.ts';
import { Installation } from './installation.ts';
import { eventsIndex, LogWriter, recordsIndex } from './seal/log.ts';
import type { WriterOptions } from './seal/log.ts';
import { eraserKey, operatorKey, statementDocument } from './seal/operator.ts';

/** An honest log on a real Elasticsearch, which a test then attacks through its API, and the auditor's trust file. */
export class Attacked implements AsyncDisposable {
  readonly installation: Installation;
  readonly writer: LogWriter;
  readonly origin: string;
  readonly logId: string;
  readonly #folder: string;

  private constructor(installation: Installation, writer: LogWriter, folder: string) {
    this.installation = installation;
    this.writer = writer;
    this.origin = writer.origin;
    this.logId = logIdOf(writer.vkey);
    this.#folder = folder;
  }

  /** `fill` seals what the log holds: without it two batches of three events. */
  static async make(
    url: string,
    fill: (writer: LogWriter) => void = twoBatches,
    options: WriterOptions = {},
  ): Promise<Attacked> {
    const installation = new Installation(url);
    const writer = new LogWriter({ ...options, namespace: installation.namespace });
    const folder = await mkdtemp(join(tmpdir(), 'attacked-'));
    const attacked = new Attacked(installation, writer, folder);
    const operator = operatorKey().verifier.text;
    const eraser = eraserKey().verifier.text;
    const logs = [{ ...writer.name, vkey: writer.vkey }];
    await writeFile(attacked.trust, JSON.stringify({ v: 1, logs, operators: [operator], erasers: [eraser] }));
    fill(writer);
    await installation.write(writer.written);
    return attacked;
  }

  get trust(): string {
    return join(this.#folder, 'trust.json');
  }

  /** A request to Elasticsearch, as whoever administers it sends one. */
  async administer(method: string, path: string, body?: object): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${this.installation.url}/${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${text}`);
  }

  /** Lets the auditor trust another log, too. */
  async believe(vkey: string): Promise<void> {
    await addTrust(this.trust, [vkey], 'refuse');
  }

  /** Of the first epoch, in the order of sealing. */
  get events(): StoredDocument[] {
    return this.writer.written.events.filter(({ id }) => id.startsWith(this.logId));
  }

  get records(): StoredDocument[] {
    return this.writer.written.records.filter(({ id }) => id.startsWith(`${this.logId}-b`));
  }

  /** What a key that may only create documents can do. */
  async create(stream: 'events' | 'records', id: string, source: Buffer | string): Promise<void> {
    const index = stream === 'events' ? eventsIndex : recordsIndex;
    await this.installation.create(stream, [{ index, id, source: Buffer.from(source) }]);
  }

  /** Sends a statement, of an operator unless another key is given. */
  async say(statement: Statement, key = operatorKey()): Promise<void> {
    const { id, source } = statementDocument(statement, key, this.installation.namespace);
    await this.create('records', id, source);
  }

  /** The findings, as they are printed but for the name of the log, and the exit code; as of when the log ended, unless `--now` is given. */
  async verify(
    ...parameters: string[]
  ): Promise<{ findings: string[]; code: number | null; report: string }> {
    const now = parameters.includes('--now') ? [] : ['--now', this.writer.now.toISOString()];
    const { findings, code, all } = await this.installation.verify(
      '--trust',
      this.trust,
      ...now,
      ...parameters,
    );
    const short = findings.map((line) => line.replaceAll(this.origin, 'LOG').replaceAll(this.logId, 'ID'));
    return {
      findings: short,
      code,
      report: `${all.stdout.join('\n')}\n${all.stderr}`,
    };
  }

  /** An event's bytes, with something in them replaced. */
  forge(event: StoredDocument, ...edits: [from: string | RegExp, to: string][]): Buffer {
    let text = event.source.toString();
    for (const [from, to] of edits) {
      expect(text).toMatch(from);
      text = text.replace(from, to);
    }
    return Buffer.from(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

function twoBatches(writer: LogWriter): void {
  writer.batch({ notices: [{ kind: 'start', at: writer.now.toISOString() }] });
  writer.batch();
}
