import { z } from 'zod';
import { lacksApi, parseAnswer, ElasticsearchError, request } from '../elasticsearch/index.ts';
import type { Checked, CheckOptions } from './check.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { agentStreams } from './own-streams.ts';
import { templates } from './templates/definition.ts';
import type { Retention } from './templates/definition.ts';

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
 * Warns where Elasticsearch keeps the documents of a stream of ours for less long than the configuration says, above all
 * for a cluster-wide `data_streams.lifecycle.retention.max`. Manifests promise the configured time, and a verifier calls
 * missing what is gone before it.
 * A stream that does not exist, and a server without lifecycles, have nothing to look at.
 */
export async function checkRetention(
  client: ElasticsearchClient,
  options: CheckOptions & Retention,
): Promise<Checked> {
  const { events, records, verdicts } = templates(options.namespace, options);
  const warnings: string[] = [];
  const checked = options.streams ?? agentStreams(options.namespace);
  for (const { stream, retentionDays, ilmPolicy } of [events, records, verdicts]) {
    if (ilmPolicy !== undefined || !checked.some(({ name }) => name === stream)) continue;
    const path = `/_data_stream/${encodeURIComponent(stream)}/_lifecycle`;
    try {
      const { status, body } = await request(client, {
        method: 'GET',
        path,
        expect: [404],
        signal: options.signal,
      });
      if (status === 404) continue;
      const { data_streams: streams, global_retention: global } = parseAnswer(path, lifecycleAnswer, body);
      const warning = shortened(stream, retentionDays, streams[0]?.lifecycle, global?.max_retention);
      if (warning !== undefined) warnings.push(warning);
    } catch (error) {
      if (lacksApi(error)) continue;
      if (!(error instanceof ElasticsearchError) || error.status !== 403) throw error;
      return { warnings, unchecked: ['retention (index privilege view_index_metadata)'] };
    }
  }
  return { warnings, unchecked: [] };
}

interface Lifecycle {
  enabled?: boolean | undefined;
  data_retention?: string | undefined;
  effective_retention?: string | undefined;
}

function shortened(
  stream: string,
  retentionDays: number,
  lifecycle: Lifecycle | undefined,
  globalMax: string | undefined,
): string | undefined {
  if (!lifecycle || lifecycle.enabled === false)
    return `${stream} has no data stream lifecycle: nothing is deleted after ${retentionDays} days, unless an ILM policy does it`;
  const own = lifecycle.data_retention;
  const limits = [own, lifecycle.effective_retention, globalMax].flatMap((text) => daysOf(text) ?? []);
  const days = Math.min(...limits);
  if (days >= retentionDays) return undefined;
  const what = `Elasticsearch keeps the documents of ${stream} for ${days} days, not ${retentionDays}`;
  return (daysOf(own) ?? Infinity) <= days
    ? `${what}: its lifecycle says ${own}. Set it with PUT /_data_stream/${stream}/_lifecycle {"data_retention":"${retentionDays}d"}, or run \`auditseal setup\``
    : `${what}: the cluster-wide data_streams.lifecycle.retention.max is shorter and wins. Raise it, or lower the ` +
        'retention in the configuration to it: until then `auditseal verify` calls missing what is deleted early';
}
