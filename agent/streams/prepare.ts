import { checkStreams } from './check.ts';
import type { CheckOptions } from './check.ts';
import { checkTemplates } from './check-templates.ts';
import { untilDone } from '../elasticsearch/index.ts';
import type { ElasticsearchClient, RetryOptions } from '../elasticsearch/index.ts';
import { checkRetention } from './retention.ts';
import { installTemplates } from './templates/install.ts';
import type { Retention } from './templates/definition.ts';

export interface PrepareOptions extends CheckOptions, Retention {
  installTemplates: boolean;
  signal: AbortSignal;
  onWarning: (warning: string) => void;
  onFailure: RetryOptions['onFailure'];
}

/**
 * Before the first document: without our templates Elasticsearch would map what clients send as it likes. Tries until what can
 * be looked at is right (ElasticsearchError `templates` and what passes by itself), so that somebody can mend it meanwhile;
 * nothing is shipped before. Throws ElasticsearchError `foreign-stream`: that will not pass.
 */
export async function prepareStreams(client: ElasticsearchClient, options: PrepareOptions): Promise<void> {
  const { signal, onWarning, onFailure } = options;
  const attempt = async () => {
    const installed = options.installTemplates ? await installTemplates(client, options) : undefined;
    const all = [
      await checkTemplates(client, options),
      await checkStreams(client, options),
      await checkRetention(client, options),
    ];
    const unchecked = all.flatMap((checked) => checked.unchecked);
    if (installed?.installed === false) onWarning(installed.why);
    if (installed?.installed) for (const warning of installed.warnings) onWarning(warning);
    for (const warning of all.flatMap(({ warnings }) => warnings)) onWarning(warning);
    if (unchecked.length > 0)
      onWarning(
        `not checked, since these credentials may not look: ${unchecked.join('; ')}. A key of \`auditseal setup\` ` +
          'should not be able to: setup has checked them with its own. Run it again when templates of others change',
      );
  };
  await untilDone(attempt, {
    signal,
    onFailure,
    shouldRetry: (error) => !('code' in error && error.code === 'foreign-stream'),
  });
}
