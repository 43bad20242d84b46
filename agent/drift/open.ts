import type { Config } from '../config/index.ts';
import { createClient, ElasticsearchError } from '../elasticsearch/index.ts';
import type { Logger, Metrics } from '../observe/index.ts';
import { Drift } from './drift.ts';
import type { DriftNotice } from './drift.ts';
import { lookAtElasticsearch } from './elasticsearch-look.ts';
import type { Finding } from './finding.ts';

export interface DriftParts {
  config: Config;
  metrics: Pick<Metrics, 'drift'>;
  logger: Logger;
  now: () => Date;
}

/** The looks of an agent, as its configuration has them; undefined where they are switched off. */
export function openDrift({ config, metrics, logger, now }: DriftParts): Drift | undefined {
  const { drift, sources, stateDir } = config;
  if (!drift.enabled) return undefined;
  return new Drift({
    seconds: drift.seconds,
    looks: {
      apiserverPath: drift.apiserverPath,
      auditPolicyFile: drift.auditPolicyFile,
      logPaths: sources.map(({ path }) => path),
      proc: drift.proc ? '/proc' : undefined,
      apiserver: drift.apiserver,
      // A path that the flags name is not mounted here, unless it is said.
      mayBeCopies: true,
    },
    expectationsFile: drift.expectationsFile,
    stateDir,
    sources: sources.map(({ name }) => name),
    now,
    elasticsearch: (signal) => ofElasticsearch(config, signal),
    onFindings: (findings, policy) => metrics.drift.looked(findings, policy),
    onNotice: (notice) => {
      if (notice.changes !== undefined) metrics.drift.policyChanged(notice.state !== 'ok');
      say(logger, notice);
    },
    onFailure: (error) => {
      metrics.drift.failed();
      logger.warn({ error }, 'what decides what gets logged cannot be looked at; it is tried again');
    },
  });
}

/** With clients of their own for a moment: an hour lies between two looks. */
async function ofElasticsearch({ elasticsearch }: Config, signal: AbortSignal): Promise<Finding[]> {
  const { lookupApiKeyFile, apiKeyFile, username } = elasticsearch;
  try {
    await using opened = new AsyncDisposableStack();
    const open = async (settings: typeof elasticsearch) =>
      opened.adopt(await createClient(settings), (client) => client.close());
    const asReader = {
      ...elasticsearch,
      apiKeyFile: lookupApiKeyFile,
      username: undefined,
      passwordFile: undefined,
    };
    return await lookAtElasticsearch({
      ...elasticsearch,
      signal,
      // That is for whoever looks at all of them.
      agents: false,
      reader: lookupApiKeyFile === undefined ? undefined : await open(asReader),
      agent: (apiKeyFile ?? username) === undefined ? undefined : await open(elasticsearch),
    });
  } catch (error) {
    // Its files were read at the start; what is wrong now the shipper says, too.
    if (error instanceof ElasticsearchError) return [];
    throw error;
  }
}

function say(logger: Logger, { check, state, found, expected, changes }: DriftNotice): void {
  const about = { 'auditseal.drift': { check, state, found, expected, ...(changes && { changes }) } };
  if (state === 'ok' || state === 'unchecked') logger.info(about, `drift: ${check}: ${found}`);
  else
    logger.warn(
      about,
      `drift: ${check}: ${found}; expected ${expected}${changes === undefined ? '' : `; ${changes.join('; ')}`}; auditseal doctor says what to do`,
    );
}
