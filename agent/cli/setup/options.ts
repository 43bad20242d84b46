import { ConfigError } from '../../config/index.ts';
import type { KibanaSettings } from '../../kibana/index.ts';
import type { SetupOptions } from '../../setup/index.ts';
import type { ClientSettings } from '../../elasticsearch/index.ts';
import { readTrust } from '../../trust/index.ts';
import { connectionOf } from '../connection.ts';
import type { ConnectionOptions } from '../connection.ts';
import { kibanaOf, kibanaProblems, plainTextProblems } from './kibana.ts';
import type { KibanaOptions } from './kibana.ts';
import { keyFileProblems } from './key-files.ts';
import type { KeyFiles } from './key-files.ts';

/** Options of `auditseal setup`, as commander gives them. */
export interface SetupCommandOptions extends ConnectionOptions, KibanaOptions {
  retentionDays?: number;
  codec?: 'best_compression' | 'default';
  dryRun?: boolean;
  outputKeyFile?: string;
  printKey?: boolean;
  key: boolean;
  withLookupKey?: string;
  withVerdictKey?: string;
  expiration?: string;
  rotateKey?: boolean;
  revokeOld?: boolean;
  trust?: string;
}

/** Which servers to connect to, and what must be there afterwards. */
export interface SetupPlan {
  settings: ClientSettings;
  what: Omit<SetupOptions, 'connect'>;
  kibana: KibanaSettings | undefined;
}

/** What the options and the configuration file ask for. Throws ConfigError with everything that is wrong, and TrustError; nothing is sent. */
export async function planOf(options: SetupCommandOptions): Promise<SetupPlan> {
  const problems = problemsOf(options);
  // A dry run writes no key file, and may run on a machine where there will never be one.
  if (!options.dryRun)
    problems.push(...(await keyFileProblems(keyFilesOf(options), options.rotateKey === true)));
  const connection = await connectionOf(options, problems);
  const { settings, namespace, section } = connection;
  const leaks = plainTextProblems(options, settings.urls);
  if (leaks.length > 0) throw new ConfigError('options', leaks);
  const { apiKeyFile, username, passwordFile } = options;
  return {
    // Never the agent's credentials of the configuration: they must not have these privileges.
    settings: { ...settings, apiKeyFile, username, passwordFile },
    what: {
      namespace,
      retentionDays: options.retentionDays ?? section.retentionDays,
      recordRetentionDays: section.recordRetentionDays,
      ilmPolicy: section.ilmPolicy,
      codec: options.codec ?? section.codec,
      indexedAnnotations: section.indexedAnnotations,
      keyFile: options.key ? options.outputKeyFile : undefined,
      lookupKeyFile: options.withLookupKey,
      verdictKeyFile: options.withVerdictKey,
      expiration: options.expiration,
      rotate: options.rotateKey === true,
      revokeOld: options.revokeOld === true,
      trust: options.trust === undefined ? undefined : await readTrust(options.trust),
    },
    kibana: kibanaOf(options, { apiKeyFile, username, passwordFile }, settings.requestSeconds),
  };
}

function problemsOf(options: SetupCommandOptions): string[] {
  const { outputKeyFile, printKey, key, rotateKey, revokeOld } = options;
  const problems = kibanaProblems(options);
  const ways = [outputKeyFile !== undefined, printKey === true, !key].filter(Boolean).length;
  if (ways > 1 || (ways === 0 && !options.dryRun))
    problems.push('--output-key-file, --print-key or --no-key: one of them must say what becomes of the key');
  if (revokeOld && !rotateKey) problems.push('--revoke-old: goes with --rotate-key');
  return problems;
}

/** The key files, by the option that names each. */
function keyFilesOf({ key, outputKeyFile, withLookupKey, withVerdictKey }: SetupCommandOptions): KeyFiles {
  return {
    '--output-key-file': key ? outputKeyFile : undefined,
    '--with-lookup-key': withLookupKey,
    '--with-verdict-key': withVerdictKey,
  };
}
