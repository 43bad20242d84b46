import { z } from 'zod';
import { ilmSettings, outdatedFields, templates } from '../streams/index.ts';
import type { RetentionOptions, StreamTemplate } from '../streams/index.ts';
import { lacksApi } from '../elasticsearch/index.ts';
import type { AdminSession } from './admin-session.ts';
import { SetupError } from './error.ts';

/** GET _data_stream/<name>, as far as we read it. */
export const streamsAnswer = z.object({
  data_streams: z.tuple([
    z.object({
      lifecycle: z.object({ enabled: z.boolean(), data_retention: z.string() }).partial().optional(),
      ilm_policy: z.string().optional(),
    }),
  ]),
});

/**
 * Makes our streams, so that no key of theirs need, or sets on those that exist what a changed template cannot: how
 * long documents are kept, and, by a rollover, the fields of what is written from now on. Throws ElasticsearchError.
 */
export async function makeStreams(
  session: AdminSession,
  namespace: string,
  retention: RetentionOptions,
): Promise<void> {
  const { events, records, verdicts } = templates(namespace, retention);
  for (const template of [events, records, verdicts]) {
    try {
      await makeStream(session, template);
    } catch (error) {
      if (!lacksApi(error)) throw error;
      session.note(
        `data stream ${template.stream}: this server has no API for it; the first document makes it (index privilege auto_configure)`,
      );
    }
  }
}

async function makeStream(session: AdminSession, template: StreamTemplate): Promise<void> {
  const { stream, retentionDays, ilmPolicy } = template;
  const path = `/_data_stream/${encodeURIComponent(stream)}`;
  const answer = await session.look({ method: 'GET', path, expect: [404] });
  if (answer.status === 404) {
    await session.change({ method: 'PUT', path });
    session.done(`data stream ${stream}: made`);
    return;
  }
  const { data } = streamsAnswer.safeParse(answer.body);
  if (!data) throw new SetupError('bad-response', `GET ${path}: not an answer of Elasticsearch`);
  const [{ lifecycle, ilm_policy: managedBy }] = data.data_streams;
  if (managedBy !== ilmPolicy) {
    const body =
      ilmPolicy === undefined
        ? { 'index.lifecycle.name': null, 'index.lifecycle.prefer_ilm': null }
        : ilmSettings(ilmPolicy);
    await session.change({ method: 'PUT', path: `${path}/_settings`, body });
    session.done(`data stream ${stream}: ILM policy ${ilmPolicy ?? 'taken off'}`);
  }
  await rollOverOutdated(session, template);
  if (ilmPolicy !== undefined) return;
  const wanted = `${retentionDays}d`;
  if (lifecycle?.enabled === true && lifecycle.data_retention === wanted) {
    session.note(`data stream ${stream}: unchanged`);
    return;
  }
  await session.change({ method: 'PUT', path: `${path}/_lifecycle`, body: { data_retention: wanted } });
  session.done(`data stream ${stream}: retention ${wanted}`);
}

/** Of fields, that a message names. */
const namedMax = 3;

/** A template counts for new backing indices only. */
async function rollOverOutdated(session: AdminSession, { stream, mapping }: StreamTemplate): Promise<void> {
  const fields = await outdatedFields(session.client, stream, mapping, session.signal);
  if (fields.length === 0) return;
  await session.change({ method: 'POST', path: `/${encodeURIComponent(stream)}/_rollover` });
  const more = fields.length > namedMax ? ` and ${fields.length - namedMax} more` : '';
  session.done(
    `data stream ${stream}: rolled over, since what was written to has not all fields (${fields.slice(0, namedMax).join(', ')}${more})`,
  );
}
