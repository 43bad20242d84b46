import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ElasticsearchStartError } from './errors.ts';
import { distribution } from './jars.ts';
import { authorization, writeFileRealm } from './file-realm.ts';
import type { Administrator } from './file-realm.ts';
import { dropProcessor } from './ingest/index.ts';
import { findJdk } from './jdk.ts';
import type { Jdk } from './jdk.ts';
import { xPack } from './x-pack/index.ts';

export interface Elasticsearch {
  /** Without a trailing slash, for example `http://127.0.0.1:41431`. */
  url: string;
  version: string;
  stop(): Promise<void>;
}

/** A node in a JVM of our own. */
export interface EmbeddedElasticsearch extends Elasticsearch {
  pid: number;
  /** SIGKILL, as a machine that loses power; resolves when the process is gone. */
  kill(): Promise<void>;
}

export interface StartOptions {
  /** Data, config and logs; kept at the end, and a later start goes on with the same data. Default: temporary, removed. */
  homeDir?: string;
  /** HTTP port on 127.0.0.1; 0 lets the system pick one. */
  port?: number;
  heapMegabytes?: number;
  /** For hundreds of thousands of documents: takes twice as many a second once warm, but is up two seconds later. */
  sustained?: boolean;
  /** Where the jars are kept. Default: `$XDG_CACHE_HOME/auditseal` or `~/.cache/auditseal`. */
  cacheDir?: string;
  /** 9 needs a JDK 21 or newer, 8 one of 17 to 20. Default: the newest that a JDK is found for. */
  major?: 8 | 9;
  /** With Elasticsearch's own security (and KQL), 9 alone; this one may do everything. Default: whoever reaches it may. */
  administrator?: Administrator;
  /** Ingest pipelines may hold `drop` (without security). */
  drops?: boolean;
  /** Progress for people: fetching, starting. */
  log?: (line: string) => void;
  /** Aborts the start, or stops the running node. */
  signal?: AbortSignal;
}

type Jvm = ChildProcessByStdio<Writable, Readable, Readable>;

const startMillisecondsMax = 120_000;
const stopMillisecondsMax = 15_000;

/** 8.19.9 is a version of 8.19 whose artifacts are all in Maven Central. */
const editions = [
  { major: 9, version: '9.5.3', releaseMin: 21, releaseMax: Infinity },
  { major: 8, version: '8.19.9', releaseMin: 17, releaseMax: 20 },
] as const;

/**
 * Starts a real single-node Elasticsearch on loopback from the jars of Maven Central. Its process ends with `stop()`,
 * and when this process dies in whatever way.
 * Throws ElasticsearchStartError `no-jdk`, `no-maven`, `fetch-failed`, `start-failed` or `aborted`.
 */
export async function startElasticsearch(options: StartOptions = {}): Promise<EmbeddedElasticsearch> {
  const log = options.log ?? (() => undefined);
  const { administrator, drops } = options;
  const { version, jdk } = await chooseEdition(administrator ? 9 : options.major);
  const jars = { version, jdk, log, cacheDir: options.cacheDir, signal: options.signal };
  const folder = await distribution(jars);
  const modules = administrator
    ? await xPack(jars, folder)
    : drops
      ? await dropProcessor(jars, folder)
      : undefined;
  log(`starting Elasticsearch ${version} on JDK ${jdk.release} (${jdk.home})`);
  const home = options.homeDir ?? (await mkdtemp(join(tmpdir(), 'auditseal-elasticsearch-')));
  await mkdir(home, { recursive: true });
  if (administrator) await writeFileRealm(join(home, 'config'), administrator);
  const jvm = spawnJvm(jdk, folder, home, options, modules);
  const stop = () => stopJvm(jvm, home, options.homeDir === undefined);
  try {
    const url = `http://127.0.0.1:${await boundPort(jvm, options.signal)}`;
    await waitForShards(url, administrator);
    options.signal?.addEventListener('abort', () => void stop(), { once: true });
    log(`Elasticsearch ${version} answers at ${url}`);
    return { url, version, pid: jvm.pid ?? 0, stop, kill: () => killJvm(jvm) };
  } catch (error) {
    jvm.kill('SIGKILL');
    await stop();
    throw error;
  }
}

async function chooseEdition(major?: 8 | 9): Promise<{ version: string; jdk: Jdk }> {
  for (const edition of editions) {
    if (major !== undefined && edition.major !== major) continue;
    const jdk = await findJdk(edition.releaseMin, edition.releaseMax);
    if (jdk) return { version: edition.version, jdk };
  }
  const wanted = { 8: 'a JDK 17 to 20', 9: 'a JDK 21 or newer', any: 'a JDK 17 or newer' }[major ?? 'any'];
  throw new ElasticsearchStartError(
    'no-jdk',
    `${wanted} was not found in JAVA_HOME, on PATH or in the usual folders (/usr/lib/jvm, /opt/java)`,
  );
}

function spawnJvm(jdk: Jdk, folder: string, home: string, options: StartOptions, modules?: string): Jvm {
  const heapMegabytes = options.heapMegabytes ?? 1024;
  return spawn(
    jdk.java,
    [
      `-Xms${Math.min(256, heapMegabytes)}m`,
      `-Xmx${heapMegabytes}m`,
      // A node that lives for minutes on two cores is better off without the optimising compiler: up in 4.3 s, not 6.4.
      ...(options.sustained ? [] : ['-XX:TieredStopAtLevel=1']),
      '-XX:+UseSerialGC',
      // A temporary folder for native access; the parent's TMPDIR holds for the JVM too.
      `-Djava.io.tmpdir=${tmpdir()}`,
      '--module-path',
      join(folder, 'lib'),
      '--add-modules',
      'ALL-MODULE-PATH',
      join(import.meta.dirname, 'Embedded.java'),
      folder,
      home,
      String(options.port ?? 0),
      options.homeDir === undefined ? 'remove' : 'keep',
      ...(modules === undefined ? [] : [modules]),
    ],
    // A session of its own: Ctrl-C on the terminal is for the parent, which then stops the node in its own order.
    { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
}

/** Reads the line that Embedded.java prints when it answers. */
async function boundPort(jvm: Jvm, signal?: AbortSignal): Promise<number> {
  const said: string[] = [];
  const remember = (line: string) => said.push(line) > 200 && said.shift();
  createInterface({ input: jvm.stderr }).on('line', remember);
  const lines = createInterface({ input: jvm.stdout });
  lines.on('line', remember);
  jvm.stdin.on('error', () => undefined);
  const port = new Promise<number>((resolve, reject) => {
    lines.on('line', (line) => {
      const match = /^\{"port":(\d+),/.exec(line);
      if (match) resolve(Number(match[1]));
    });
    jvm.once('error', reject);
    jvm.once('close', (code) => reject(new Error(`the JVM ended with ${code ?? 'a signal'}`)));
    const limit = AbortSignal.timeout(startMillisecondsMax);
    limit.addEventListener('abort', () => reject(new Error(`no answer in ${startMillisecondsMax} ms`)));
    signal?.addEventListener('abort', () => reject(new Error('aborted')));
    if (signal?.aborted) reject(new Error('aborted'));
  });
  return port.catch((cause: unknown) => {
    if (signal?.aborted) throw new ElasticsearchStartError('aborted', 'the start was aborted', { cause });
    const last = said.filter((line) => !/^\s+at |^WARNING/.test(line)).slice(-8);
    throw new ElasticsearchStartError(
      'start-failed',
      `Elasticsearch did not start: ${[String(cause), ...last].join('\n')}`,
      { cause },
    );
  });
}

/** After a restart on old data, shards recover for a moment in which requests get 503. */
async function waitForShards(url: string, administrator?: Administrator): Promise<void> {
  const headers = administrator && { authorization: authorization(administrator) };
  const response = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=60s`, {
    ...(headers && { headers }),
  });
  if (!response.ok)
    throw new ElasticsearchStartError(
      'start-failed',
      `${url}: shards did not recover: ${await response.text()}`,
    );
}

async function stopJvm(jvm: Jvm, home: string, temporary: boolean): Promise<void> {
  if (jvm.exitCode === null && jvm.signalCode === null) {
    const timer = setTimeout(() => jvm.kill('SIGKILL'), stopMillisecondsMax);
    const closed = once(jvm, 'close');
    jvm.stdin.end();
    await closed;
    clearTimeout(timer);
  }
  if (temporary) await rm(home, { recursive: true, force: true });
}

async function killJvm(jvm: Jvm): Promise<void> {
  if (jvm.exitCode !== null || jvm.signalCode !== null) return;
  const closed = once(jvm, 'close');
  jvm.kill('SIGKILL');
  await closed;
}
