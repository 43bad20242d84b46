import {
  allStreams,
  checkRetention,
  checkStreams,
  checkTemplates,
  installTemplates,
} from '../streams/index.ts';
import type { Retention } from '../streams/index.ts';
import { backingIndices, ElasticsearchError } from '../elasticsearch/index.ts';
import { agentAccess, lookupAccess, verdictAccess } from './access.ts';
import { checkAdministrator } from './administrator.ts';
import { provideKey } from './api-key.ts';
import type { KeyWish } from './api-key.ts';
import type { Conversation } from './conversation.ts';
import { SetupError } from './error.ts';
import { putPolicy } from './policy.ts';
import { putRole } from './role.ts';
import { makeStreams } from './streams.ts';

/** How keys are to be made; which, say the files. */
export interface SetupOptions
  extends Retention, Pick<KeyWish, 'expiration' | 'rotate' | 'revokeOld' | 'connect'> {
  namespace: string;
  /** For the agent's key. Undefined: none is made. */
  keyFile: string | undefined;
  /** For a key that may read (`elasticsearch.lookupApiKeyFile`). */
  lookupKeyFile: string | undefined;
  /** For a key that creates verdicts (`auditseal verify --verdict-api-key-file`). */
  verdictKeyFile: string | undefined;
}

/**
 * Makes all that the agent needs in Elasticsearch, so that its own key need only create documents: templates, retention, data
 * streams, roles, keys. What is there as it should be is left; a dry run prints what would be sent. Returns warnings.
 * Throws ElasticsearchError (`templates` and `foreign-stream` above all) and SetupError, each with the remedy.
 */
export async function setUp(conversation: Conversation, options: SetupOptions): Promise<string[]> {
  const { namespace, ilmPolicy, retentionDays, keyFile, lookupKeyFile, verdictKeyFile } = options;
  const key = (keyFile ?? lookupKeyFile ?? verdictKeyFile) !== undefined;
  const security = await checkAdministrator(conversation, { namespace, key, ilmPolicy });
  const checking = { ...options, streams: allStreams(namespace), signal: conversation.signal };
  const warnings = (await checkStreams(conversation.client, checking)).warnings;
  if (ilmPolicy !== undefined) await putPolicy(conversation, ilmPolicy, retentionDays);
  warnings.push(...(await putTemplates(conversation, options)));
  await makeStreams(conversation, namespace, options);
  if (!conversation.dryRun) {
    await checkStreams(conversation.client, checking);
    warnings.push(...(await checkRetention(conversation.client, checking)).warnings);
  }
  if (security === 'off') {
    warnings.push(
      'this cluster has no security: no role and no key was made; whoever reaches it can change events',
    );
    return warnings;
  }
  const writeIndices = await writeIndicesOf(conversation, namespace);
  const wanted = [
    { access: agentAccess(namespace), file: keyFile },
    { access: lookupAccess(namespace), file: lookupKeyFile },
    { access: verdictAccess(namespace), file: verdictKeyFile },
  ];
  for (const { access, file } of wanted) {
    if (access.name !== agentAccess(namespace).name && file === undefined) continue;
    await putRole(conversation, access);
    if (file !== undefined) await provideKey(conversation, { ...options, access, file, writeIndices });
  }
  return warnings;
}

/** Then looks which template is in force: one of others may win over ours. */
async function putTemplates(conversation: Conversation, options: SetupOptions): Promise<string[]> {
  const { client, send, signal } = conversation;
  const checking = { ...options, streams: allStreams(options.namespace), signal };
  const installed = await installTemplates(client, { ...options, send, signal });
  if (!installed.installed) throw new SetupError('not-allowed', installed.why);
  if (!conversation.dryRun) {
    await checkTemplates(client, checking);
    conversation.done('index templates: in force for all streams, no pipeline or mode of others');
    return installed.warnings;
  }
  try {
    await checkTemplates(client, checking);
  } catch (error) {
    if (!(error instanceof ElasticsearchError) || error.code !== 'templates') throw error;
    conversation.note(`before these requests: ${error.message}`);
  }
  return installed.warnings;
}

/** The newest backing index of each stream: what a key must not be able to write behind the stream's back. */
async function writeIndicesOf(
  conversation: Conversation,
  namespace: string,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { name: stream } of allStreams(namespace)) {
    const newest = (await backingIndices(conversation.client, stream, conversation.signal)).at(-1);
    if (newest !== undefined) found.set(stream, newest);
  }
  return found;
}
