import { z } from 'zod';
import type { CheckResult } from '../check-result.ts';
import { ElasticsearchError, lacksApi, parseAnswer, request } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import type { StreamCheckOptions } from './check-streams.ts';
import { agentStreams } from './own-streams.ts';
import { templates } from './templates/templates.ts';
import type { RetentionOptions, StreamTemplate } from './templates/templates.ts';

/** GET _data_stream/<name>/_lifecycle, as far as we read it (elastic.co/docs: Elasticsearch 8.19 and 9). */
const lifecycleAnswer = z.object({
  data_streams: z.array(
    z.object({
      lifecycle: z
        .object({ enabled: z.boolean(), data_retention: z.string(), effective_retention: z.string() })
        .partial()
        .optional(),
    }),
  ),
  global_retention: z.object({ max_retention: z.string() }).partial().optional(),
});

const millisecondsPer: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

/** Days of an Elasticsearch time value (`30d`, `720h`); undefined if it is none. */
export function daysOf(text: string | undefined): number | undefined {
  const [, number, unit] = /^(\d+)(d|h|m|s|ms)$/u.exec(text ?? '') ?? [];
  if (number === undefined || unit === undefined) return undefined;
  return (Number(number) * (millisecondsPer[unit] ?? 0)) / (millisecondsPer['d'] ?? 1);
}

/**
 * Looks whether Elasticsearch keeps the documents of our streams for as long as the configuration says. A `warning` where it does
 * not, above all for a cluster-wide `data_streams.lifecycle.retention.max`: manifests promise the configured time, and a verifier
 * calls missing what is gone before it. A stream that does not exist, one that an ILM policy manages, and a server without
 * lifecycles have no result. Throws ElasticsearchError.
 */
export async function checkRetention(
  client: ElasticsearchClient,
  options: StreamCheckOptions & RetentionOptions,
): Promise<CheckResult[]> {
  const { events, records, verdicts } = templates(options.namespace, options);
  const streams = options.streams ?? agentStreams(options.namespace);
  const results: CheckResult[] = [];
  for (const template of [events, records, verdicts]) {
    if (template.ilmPolicy !== undefined || !streams.some(({ name }) => name === template.stream)) continue;
    const result = await checkLifecycle(client, template, options.signal);
    if (result) results.push(result);
  }
  return results;
}

async function checkLifecycle(
  client: ElasticsearchClient,
  template: StreamTemplate,
  signal: AbortSignal | undefined,
): Promise<CheckResult | undefined> {
  const { stream, retentionDays } = template;
  const path = `/_data_stream/${encodeURIComponent(stream)}/_lifecycle`;
  const ok = {
    name: `retention of ${stream}`,
    state: 'ok',
    found: `${retentionDays} days or more`,
    expected: `${retentionDays} days`,
    remedy: '',
  } as const;
  try {
    const { status, body } = await request(client, { method: 'GET', path, expect: [404], signal });
    if (status === 404) return undefined;
    const { data_streams: streams, global_retention: global } = parseAnswer(path, lifecycleAnswer, body);
    const deviation = deviationOf(template, streams[0]?.lifecycle, global?.max_retention);
    return deviation ? { ...ok, state: 'warning', ...deviation } : ok;
  } catch (error) {
    if (lacksApi(error)) return undefined;
    if (!(error instanceof ElasticsearchError) || error.status !== 403) throw error;
    return { ...ok, state: 'unchecked', found: 'needs the index privilege view_index_metadata' };
  }
}

interface Lifecycle {
  enabled?: boolean | undefined;
  data_retention?: string | undefined;
  effective_retention?: string | undefined;
}

function deviationOf(
  { stream, retentionDays }: StreamTemplate,
  lifecycle: Lifecycle | undefined,
  globalMax: string | undefined,
): Pick<CheckResult, 'found' | 'remedy'> | undefined {
  if (!lifecycle || lifecycle.enabled === false)
    return {
      found: 'no data stream lifecycle, so that nothing is deleted unless an ILM policy does it,',
      remedy:
        'What was sealed stays longer than it has to. Run `auditseal setup`, or name the policy in elasticsearch.ilmPolicy.',
    };
  const own = lifecycle.data_retention;
  const limits = [own, lifecycle.effective_retention, globalMax].flatMap((text) => daysOf(text) ?? []);
  const days = Math.min(...limits);
  if (days >= retentionDays) return undefined;
  const meaning = 'Until then `auditseal verify` calls missing what is deleted before its time.';
  return (daysOf(own) ?? Infinity) <= days
    ? {
        found: `${days} days, by the lifecycle of the stream (${own}),`,
        remedy: `Set it with PUT /_data_stream/${stream}/_lifecycle {"data_retention":"${retentionDays}d"}, or run \`auditseal setup\`. ${meaning}`,
      }
    : {
        found: `${days} days, by the cluster-wide data_streams.lifecycle.retention.max,`,
        remedy: `Raise that, or lower the retention in the configuration to it. ${meaning}`,
      };
}
