import { dockerAnswers, startContainer } from './docker.ts';
import { startElasticsearch } from './embedded.ts';
import type { Elasticsearch, StartOptions } from './embedded.ts';
import { ElasticsearchStartError } from './errors.ts';

const ways = { startElasticsearch, dockerAnswers, startContainer };

/**
 * An Elasticsearch to work with: the one of `ELASTICSEARCH_URL` (never stopped by us), else an embedded one, else the
 * official image if a Docker daemon answers.
 * Throws ElasticsearchStartError; `none-available` says which of the three to provide.
 */
export async function resolveElasticsearch(
  options: StartOptions = {},
  env: NodeJS.ProcessEnv = process.env,
  by: {
    startElasticsearch: (options: StartOptions) => Promise<Elasticsearch>;
    dockerAnswers: () => Promise<boolean>;
    startContainer: (log: (line: string) => void) => Promise<Elasticsearch>;
  } = ways,
): Promise<Elasticsearch> {
  const given = env['ELASTICSEARCH_URL'];
  if (given) return connect(given.replace(/\/+$/, ''));
  try {
    return await by.startElasticsearch(options);
  } catch (error) {
    if (!(error instanceof ElasticsearchStartError) || !fallsThrough(error)) throw error;
    const log = options.log ?? (() => undefined);
    log(`no embedded Elasticsearch: ${error.message}`);
    if (await by.dockerAnswers()) return by.startContainer(log);
    throw new ElasticsearchStartError(
      'none-available',
      [
        'No Elasticsearch to run against. Provide one of:',
        '  - ELASTICSEARCH_URL, the address of one that runs (8.19 or 9.x; streams of a random namespace are made in it)',
        `  - a JDK (21 or newer, or 17 to 20) and Maven, for an embedded one (now: ${error.message})`,
        '  - a Docker daemon, for the official image (now: none answers)',
      ].join('\n'),
      { cause: error },
    );
  }
}

/** A node that is there but does not start is a fault to look at, not a reason to try something else. */
function fallsThrough(error: ElasticsearchStartError): boolean {
  return error.code === 'no-jdk' || error.code === 'no-maven' || error.code === 'fetch-failed';
}

async function connect(url: string): Promise<Elasticsearch> {
  let why: unknown;
  try {
    const response = await fetch(`${url}/_nodes/_local/version`, { signal: AbortSignal.timeout(10_000) });
    const body: unknown = await response.json();
    return { url, version: versionOf(body), stop: () => Promise.resolve() };
  } catch (error) {
    why = error instanceof Error && error.cause !== undefined ? error.cause : error;
  }
  throw new ElasticsearchStartError(
    'unreachable',
    `ELASTICSEARCH_URL ${url} does not answer: ${String(why)}`,
    {
      cause: why,
    },
  );
}

/** `GET /` would be shorter, but an embedded node has no such route. */
function versionOf(body: unknown): string {
  const found = /"version":"(\d+\.\d+\.\d+[^"]*)"/.exec(JSON.stringify(body));
  if (!found?.[1]) throw new Error(`no version in its answer ${JSON.stringify(body).slice(0, 200)}`);
  return found[1];
}
