import { parseArgs } from 'node:util';
import { ElasticsearchStartError } from '../test/kit/elasticsearch/index.ts';
import { runDemo } from './demo.ts';
import { DemoError } from './error.ts';
import { Screen } from './screen.ts';

const usage = `npm run demo [-- --keep]

Plays a recorded kube-apiserver audit log, ships it to a real Elasticsearch, asks it questions, verifies it, changes one
document and deletes another, and verifies again. Takes less than a minute once the jars of Elasticsearch are there.

  --keep   leave everything running at the end, say where it is and what to try, until Ctrl-C

Elasticsearch is the one of ELASTICSEARCH_URL (a namespace of its own, removed at the end), else an embedded one (needs a
JDK and Maven), else the official image (needs Docker).
`;

/** How a shell reports a process that SIGINT ended. */
const exitInterrupted = 130;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  const startedAt = performance.now();
  const screen = new Screen(process.stdout);
  try {
    const borrowed = Boolean(process.env['ELASTICSEARCH_URL']);
    const remains = await runDemo({ screen, keep: values.keep, borrowed, signal: stop.signal });
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const took = values.keep ? 'Stopped' : `Done in ${seconds} s`;
    if (remains.length === 0) screen.lines(['', `${took}; nothing is left running or behind.`]);
    else screen.lines(['', `${took}. This server has no way to remove these, which are empty:`, ...remains]);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) {
      process.stderr.write('\ninterrupted; what was started is stopped\n');
      return values.keep ? 0 : exitInterrupted;
    }
    process.stderr.write(`\n${reason(error)}\n`);
    return 1;
  }
}

/** What went wrong, for people; of what nobody foresaw also where. */
function reason(error: unknown): string {
  if (error instanceof DemoError || error instanceof ElasticsearchStartError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

process.exitCode = await main();
