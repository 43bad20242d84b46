import { describeResults } from '../check-result.ts';
import type { CheckResult } from '../check-result.ts';
import { untilDone } from '../elasticsearch/index.ts';
import type { ElasticsearchClient, RetryOptions } from '../elasticsearch/index.ts';
import { checkRetention } from './check-retention.ts';
import { checkStreams } from './check-streams.ts';
import type { StreamCheckOptions } from './check-streams.ts';
import { checkTemplates } from './check-templates.ts';
import { StreamsError, throwProblems } from './error.ts';
import { installTemplates } from './templates/install.ts';
import type { RetentionOptions } from './templates/templates.ts';

export interface PrepareOptions extends StreamCheckOptions, RetentionOptions {
  installTemplates: boolean;
  signal: AbortSignal;
  onWarning: (warning: string) => void;
  onFailure: RetryOptions['onFailure'];
}

/**
 * Before the first document: without our templates Elasticsearch would map what clients send as it likes. Tries until what can
 * be looked at is right (StreamsError `templates` and what passes by itself), so that somebody can mend it meanwhile; nothing is
 * shipped before. Throws StreamsError `foreign-stream`: that will not pass.
 */
export async function prepareStreams(client: ElasticsearchClient, options: PrepareOptions): Promise<void> {
  const { signal, onWarning, onFailure } = options;
  const attempt = async () => {
    const installed = options.installTemplates ? await installTemplates(client, options) : undefined;
    const ofTemplates = await checkTemplates(client, options);
    throwProblems('templates', ofTemplates);
    const ofStreams = await checkStreams(client, options);
    throwProblems('foreign-stream', ofStreams);
    const results = [...ofTemplates, ...ofStreams, ...(await checkRetention(client, options))];
    if (installed?.installed === false) onWarning(installed.why);
    if (installed?.installed) for (const warning of installed.warnings) onWarning(warning);
    for (const result of results) if (result.state === 'warning') onWarning(describeResults([result]));
    const unchecked = results.filter(({ state }) => state === 'unchecked');
    if (unchecked.length > 0) onWarning(describeUnchecked(unchecked));
  };
  await untilDone(attempt, {
    signal,
    onFailure,
    shouldRetry: (error) => !(error instanceof StreamsError && error.code === 'foreign-stream'),
  });
}

function describeUnchecked(results: readonly CheckResult[]): string {
  const names = results.map(({ name, found }) => `${name} (${found})`);
  return (
    `not checked, since these credentials may not look: ${names.join('; ')}. A key of \`auditseal setup\` should not be able to: ` +
    'setup has checked them with its own. Run it again when templates of others change: under one that wins over ours, documents ' +
    'may be stored otherwise than they were sealed, and `auditseal verify` calls them changed'
  );
}
