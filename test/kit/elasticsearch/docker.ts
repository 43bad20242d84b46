import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Elasticsearch } from './embedded.ts';
import { ElasticsearchStartError } from './errors.ts';

const run = promisify(execFile);
const version = '9.5.3';
const startMillisecondsMax = 120_000;

/** Whether a Docker daemon answers within five seconds. */
export async function dockerAnswers(): Promise<boolean> {
  return run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 5_000 }).then(
    () => true,
    () => false,
  );
}

/**
 * Starts the official image, security off, on a loopback port that the system picks; `stop()` removes the container.
 * Throws ElasticsearchStartError `docker-failed`.
 */
export async function startContainer(log: (line: string) => void): Promise<Elasticsearch> {
  log(`starting the image elasticsearch:${version} (the first time Docker fetches it)`);
  const container = await docker(
    'run',
    '--detach',
    '--rm',
    '--publish=127.0.0.1:0:9200',
    '--env=discovery.type=single-node',
    '--env=xpack.security.enabled=false',
    '--env=xpack.ml.enabled=false',
    '--env=cluster.routing.allocation.disk.threshold_enabled=false',
    '--env=ES_JAVA_OPTS=-Xms1g -Xmx1g',
    `elasticsearch:${version}`,
  );
  const stop = async () => {
    await docker('rm', '--force', container);
  };
  try {
    const address = (await docker('port', container, '9200/tcp')).split('\n')[0] ?? '';
    const url = `http://${address}`;
    await waitUntilItAnswers(url);
    return { url, version, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

async function docker(...parameters: string[]): Promise<string> {
  try {
    const { stdout } = await run('docker', parameters);
    return stdout.trim();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ElasticsearchStartError('docker-failed', `docker ${parameters[0]} failed: ${why}`, { cause });
  }
}

async function waitUntilItAnswers(url: string): Promise<void> {
  const limit = AbortSignal.timeout(startMillisecondsMax);
  while (!limit.aborted) {
    const answers = await fetch(`${url}/_cluster/health?wait_for_status=yellow`, { signal: limit }).then(
      (response) => response.ok,
      () => false,
    );
    if (answers) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new ElasticsearchStartError('docker-failed', `${url} did not answer in ${startMillisecondsMax} ms`);
}
