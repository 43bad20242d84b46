import { describeResults } from '../check-result.ts';
import type { CheckResult } from '../check-result.ts';
import { backingIndices } from '../elasticsearch/index.ts';
import {
  allStreams,
  checkRetention,
  checkStreams,
  checkTemplates,
  installTemplates,
  throwProblems,
} from '../streams/index.ts';
import type { RetentionOptions } from '../streams/index.ts';
import type { TrustFile } from '../trust/index.ts';
import { agentAccess, lookupAccess, verdictAccess } from './access.ts';
import type { AdminSession } from './admin-session.ts';
import { checkAdministrator } from './administrator.ts';
import { provideKey } from './api-key.ts';
import type { KeyPlan } from './api-key.ts';
import { SetupError } from './error.ts';
import { putIlmPolicy } from './ilm-policy.ts';
import { makeStreams } from './make-streams.ts';
import { putRole } from './role.ts';
import { checkShorterRetention } from './shorter-retention.ts';

/** How keys are to be made; which, say the files. */
export interface SetupOptions
  extends RetentionOptions, Pick<KeyPlan, 'expiration' | 'rotate' | 'revokeOld' | 'connect'> {
  namespace: string;
  /** For the agent's key. Undefined: none is made. */
  keyFile: string | undefined;
  /** For a key that may read (`elasticsearch.lookupApiKeyFile`). */
  lookupKeyFile: string | undefined;
  /** For a key that creates verdicts (`auditseal verify --verdict-api-key-file`). */
  verdictKeyFile: string | undefined;
  /** Whose statements may shorten what sealed batches promise. Undefined: nobody's. */
  trust: TrustFile | undefined;
}

/**
 * Makes all that the agent needs in Elasticsearch, so that its own key need only create documents: templates, retention, data
 * streams, roles, keys. What is there as it should be is left; a dry run prints what would be sent. Returns warnings.
 * Throws ElasticsearchError, StreamsError and SetupError, each with the remedy.
 */
export async function setUp(session: AdminSession, options: SetupOptions): Promise<string[]> {
  const { namespace, ilmPolicy, retentionDays, keyFile, lookupKeyFile, verdictKeyFile } = options;
  const key = (keyFile ?? lookupKeyFile ?? verdictKeyFile) !== undefined;
  const security = await checkAdministrator(session, { namespace, key, ilmPolicy });
  const checking = { ...options, streams: allStreams(namespace), signal: session.signal };
  const found = await checkStreams(session.client, checking);
  throwProblems('foreign-stream', found);
  const warnings = warningsOf(found);
  warnings.push(...(await checkShorterRetention(session, options)));
  if (ilmPolicy !== undefined) await putIlmPolicy(session, ilmPolicy, retentionDays);
  warnings.push(...(await putTemplates(session, options)));
  await makeStreams(session, namespace, options);
  if (!session.dryRun) {
    throwProblems('foreign-stream', await checkStreams(session.client, checking));
    warnings.push(...warningsOf(await checkRetention(session.client, checking)));
  }
  if (security === 'off') {
    warnings.push(
      'this cluster has no security: no role and no key was made. Whoever reaches it can change and delete events, which ' +
        '`auditseal verify` shows but nothing brings back. Turn security on, or see to it in front of the cluster',
    );
    return warnings;
  }
  const writeIndices = await writeIndicesOf(session, namespace);
  const wanted = [
    { access: agentAccess(namespace), file: keyFile },
    { access: lookupAccess(namespace), file: lookupKeyFile },
    { access: verdictAccess(namespace), file: verdictKeyFile },
  ];
  for (const { access, file } of wanted) {
    if (access.name !== agentAccess(namespace).name && file === undefined) continue;
    await putRole(session, access);
    if (file !== undefined) await provideKey(session, { ...options, access, file, writeIndices });
  }
  return warnings;
}

/** Of what could not be looked at, too: it may be otherwise than it should be. */
function warningsOf(results: readonly CheckResult[]): string[] {
  const told = results.filter(({ state }) => state === 'warning' || state === 'unchecked');
  return told.map((result) => describeResults([result]));
}

/** Then looks which template is in force: one of others may win over ours. */
async function putTemplates(session: AdminSession, options: SetupOptions): Promise<string[]> {
  const { client, send, signal } = session;
  const installed = await installTemplates(client, { ...options, send, signal });
  if (!installed.installed) throw new SetupError('not-allowed', installed.why);
  const results = await checkTemplates(client, {
    ...options,
    streams: allStreams(options.namespace),
    signal,
  });
  const problems = results.filter(({ state }) => state === 'problem');
  if (session.dryRun) {
    if (problems.length > 0) session.note(`before these requests: ${describeResults(problems)}`);
  } else {
    throwProblems('templates', problems);
    session.done('index templates: in force for all streams, no pipeline or mode of others');
  }
  return [...installed.warnings, ...warningsOf(results)];
}

/** The newest backing index of each stream: what a key must not be able to write behind the stream's back. */
async function writeIndicesOf(
  session: AdminSession,
  namespace: string,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { name: stream } of allStreams(namespace)) {
    const newest = (await backingIndices(session.client, stream, session.signal)).at(-1);
    if (newest !== undefined) found.set(stream, newest);
  }
  return found;
}
