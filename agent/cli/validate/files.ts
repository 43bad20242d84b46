import type { Config } from '../../config/index.ts';
import { directoryFileProblems } from '../../directory/index.ts';
import { Credentials, proxyOf, ElasticsearchError, TlsTrust } from '../../elasticsearch/index.ts';
import { NotifyError, openEndpoints } from '../../notify/index.ts';
import { describeObstacle, probe } from '../../source/index.ts';

/**
 * Why the agent could not work with this configuration on this machine, as far as its files show it: a line each, beginning with
 * the key's path. The files are opened as the agent opens them, and no line has any of their content. Nothing is sent.
 */
export async function fileProblems(config: Config): Promise<string[]> {
  const { apiKeyFile, lookupApiKeyFile, username, passwordFile, ...connection } = config.elasticsearch;
  const lookup = { apiKeyFile: lookupApiKeyFile, apiKeyName: 'elasticsearch.lookupApiKeyFile' };
  const found = await Promise.all([
    ...config.sources.map(({ path }, i) => sourceProblem(path, i)),
    settingsProblem(Credentials.read({ apiKeyFile, username, passwordFile })),
    settingsProblem(Credentials.read(lookup)),
    settingsProblem(TlsTrust.read(connection)),
    settingsProblem(proxyOf(connection)),
    settingsProblem(openEndpoints(config)),
  ]);
  const directories = await Promise.all(
    config.identity.directories.map(async (one, i) =>
      (await directoryFileProblems(one)).map((problem) => `identity.directories.${i}.${problem}`),
    ),
  );
  return [...found.filter((problem) => problem !== undefined), ...directories.flat()];
}

async function sourceProblem(path: string, i: number): Promise<string | undefined> {
  const obstacle = await probe(path);
  return obstacle && `sources.${i}.path: cannot be read: ${describeObstacle(obstacle)}`;
}

async function settingsProblem(reading: Promise<unknown>): Promise<string | undefined> {
  try {
    await reading;
    return undefined;
  } catch (error) {
    if ((error instanceof ElasticsearchError || error instanceof NotifyError) && error.code === 'settings')
      return error.message;
    throw error;
  }
}
