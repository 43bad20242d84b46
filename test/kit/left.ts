import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { eventStream, recordStream } from '../../agent/streams/index.ts';
import type { AgentProcess } from './agent/index.ts';
import { allDocuments, refresh } from './elasticsearch/index.ts';
import { fetchAgain } from './fetch-again.ts';
import { auditseal } from './installation.ts';

/** Documents and records of Elasticsearch, as they were sent. */
export async function sent(url: string, namespace: string): Promise<{ events: string[]; records: string[] }> {
  const sources = async (stream: string) => {
    await refresh(url, stream);
    const found: string[] = [];
    for await (const { source } of allDocuments(url, stream)) found.push(source.toString('latin1'));
    return found;
  };
  return { events: await sources(eventStream(namespace)), records: await sources(recordStream(namespace)) };
}

/** What a running agent says: its log, its metrics, what `status` prints of it. */
export async function said(agent: AgentProcess, config: string): Promise<string> {
  const metrics = await (await fetchAgain(`http://127.0.0.1:${agent.port}/metrics`)).text();
  const status = await auditseal(['status', '--config', config, '--json']);
  const logs = agent.logs.map((line) => JSON.stringify(line));
  return [metrics, ...status.stdout, status.stderr, ...logs, ...agent.errorText].join('\n');
}

/** The state folder: each file as it is, and what the database keeps compressed. */
export async function stored(folder: string): Promise<string> {
  const texts: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    texts.push(readable(await readFile(join(entry.parentPath, entry.name))));
  }
  const database = new DatabaseSync(join(folder, 'state.db'), { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    for (const { name } of tables)
      for (const row of database.prepare(`SELECT * FROM "${String(name)}"`).all())
        for (const value of Object.values(row))
          texts.push(value instanceof Uint8Array ? readable(Buffer.from(value)) : String(value));
  } finally {
    database.close();
  }
  return texts.join('\n');
}

/** As text, decompressed where it is gzip. */
function readable(bytes: Buffer): string {
  try {
    return gunzipSync(bytes).toString('latin1');
  } catch {
    return bytes.toString('latin1');
  }
}
