import { eventStream, recordStream } from '../agent/streams/index.ts';
import { randomNamespace, removeNamespace, resolveElasticsearch } from '../test/kit/elasticsearch/index.ts';
import type { Elasticsearch } from '../test/kit/elasticsearch/index.ts';
import { AgentProcess } from './agent-process.ts';
import { ask } from './ask.ts';
import { audit } from './audit.ts';
import { DemoError } from './error.ts';
import { keepRunning } from './keep.ts';
import { Player } from './player.ts';
import { recording } from './recording.ts';
import { RotatingLog } from './rotating-log.ts';
import type { Screen } from './screen.ts';
import { ship } from './ship.ts';
import { trust, trustLine } from './verifier.ts';
import { Workplace } from './workplace.ts';

export interface DemoOptions {
  screen: Screen;
  /** Leave everything running at the end, until `signal`. */
  keep: boolean;
  /** The Elasticsearch is not ours: it is left as it was found. */
  borrowed: boolean;
  signal: AbortSignal;
}

/**
 * The main job, start to end, on real parts. What it starts it stops and what it makes it removes, however it ends.
 * Resolves with what a borrowed server does not let us remove. Throws DemoError if something did not go as it should,
 * ElasticsearchStartError, or AbortError.
 */
export async function runDemo(options: DemoOptions): Promise<string[]> {
  const remains: string[] = [];
  await demonstrate(options, (paths) => remains.push(...paths));
  return remains;
}

async function demonstrate(
  { screen, keep, borrowed, signal }: DemoOptions,
  leave: (paths: string[]) => void,
): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const workplace = cleanup.adopt(await Workplace.create(), (made) => made.remove());
  const recorded = recording();
  recorded.catch(() => undefined);

  screen.heading('A real Elasticsearch');
  const started = await startElasticsearch(screen, signal);
  const { url, version } = cleanup.adopt(started, (running) => running.stop());
  const namespace = borrowed ? randomNamespace() : 'auditseal';
  if (borrowed) {
    screen.line(
      `Elasticsearch ${version} at ${url}, in which the namespace ${namespace} is made and removed again`,
    );
    cleanup.defer(async () => leave(await removeNamespace(url, namespace)));
  }

  screen.heading('The agent, as on a control-plane node');
  screen.lines((await workplace.configure(url, namespace)).trimEnd().split('\n'));
  const agent = new AgentProcess(workplace.configFile, workplace.agentLog);
  cleanup.defer(async () => void (await agent.stop()));
  const { vkey } = await agent.started(signal);
  const auditor = { url, namespace, trustFile: workplace.trustFile };
  await trust(auditor, vkey, signal);
  screen.lines([
    '',
    'It has made the key of its log. The auditor keeps the public half:',
    trustLine(auditor, vkey),
  ]);

  screen.heading("A recorded kube-apiserver's audit log, played as the apiserver writes it");
  const log = new RotatingLog({
    path: workplace.auditLog,
    bytesMax: 1024 * 1024,
    backupsMax: 5,
    now: () => new Date(),
  });
  await ship(new Player(await recorded, log), agent, screen, signal);

  screen.heading('What the audit log says, asked of Elasticsearch');
  const place = { url, stream: eventStream(namespace) };
  await ask(place, screen, signal);
  await audit(place, auditor, screen, signal);

  if (keep)
    await keepRunning({ place, records: recordStream(namespace), auditor, workplace }, screen, signal);
  const exitCode = await agent.stop();
  if (exitCode !== 0) throw new DemoError('agent', `the agent ended with ${exitCode} on SIGTERM`);
}

/** Only the start is aborted: once it runs, it is stopped last, after those who use it. */
async function startElasticsearch(screen: Screen, signal: AbortSignal): Promise<Elasticsearch> {
  const starting = new AbortController();
  const abort = () => starting.abort();
  signal.addEventListener('abort', abort);
  try {
    return await resolveElasticsearch({ log: (line) => screen.line(line), signal: starting.signal });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
