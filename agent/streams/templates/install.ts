import { z } from 'zod';
import { ElasticsearchError, request } from '../../elasticsearch/index.ts';
import type {
  ElasticsearchClient,
  ElasticsearchAnswer,
  ElasticsearchRequest,
} from '../../elasticsearch/index.ts';
import { templateVersion, templates } from './templates.ts';
import type { RetentionOptions, StreamTemplate, Template } from './templates.ts';

/** Sends a request; {@link request} unless somebody wants to see, or to hold back, what is sent. */
export type SendRequest = (wanted: ElasticsearchRequest) => Promise<ElasticsearchAnswer>;

export interface InstallOptions extends RetentionOptions {
  namespace: string;
  signal?: AbortSignal | undefined;
  send?: SendRequest | undefined;
}

export type Installed =
  /** Warnings are for the log: what is not as it should be, and what to do. */
  | { installed: true; warnings: string[] }
  /** Not allowed to; `why` says what to do instead. */
  | { installed: false; why: string };

/**
 * Puts the component and index templates of a namespace, or leaves those of a newer agent as they are. Doing it again
 * changes nothing. A stream that exists keeps its mapping; a changed retention is set on it.
 * Throws ElasticsearchError for anything but a lack of privileges.
 */
export async function installTemplates(
  client: ElasticsearchClient,
  options: InstallOptions,
): Promise<Installed> {
  const { components, events, records, verdicts } = templates(options.namespace, options);
  const warnings: string[] = [];
  const send: SendRequest = (wanted) =>
    (options.send ?? request.bind(undefined, client))({ ...wanted, signal: options.signal });
  try {
    for (const component of components) await putUnlessNewer(send, component, warnings);
    for (const template of [events, records, verdicts]) {
      const before = await putUnlessNewer(send, template, warnings);
      const retention = before?.template?.lifecycle?.data_retention;
      if (before && template.ilmPolicy === undefined && retention !== `${template.retentionDays}d`)
        await setRetention(send, template, warnings);
    }
    return { installed: true, warnings };
  } catch (error) {
    // A 401 is a key that does not count any more: it may be renewed, so the caller tries again.
    if (!(error instanceof ElasticsearchError) || error.status !== 403) throw error;
    return { installed: false, why: remedy(options, error) };
  }
}

function remedy(options: InstallOptions, error: ElasticsearchError): string {
  const { components, events, records, verdicts } = templates(options.namespace, options);
  const names = [...components, events, records, verdicts].map(({ path }) => path);
  return (
    `the index templates cannot be installed (${error.message}). If \`auditseal setup\` has, set ` +
    `elasticsearch.installTemplates to false; else run it once with credentials that have the cluster privilege ` +
    `manage_index_templates. Needed are ${names.join(', ')}. ` +
    'Without them Elasticsearch may make the streams with settings under which nothing can be verified'
  );
}

/** Returns the template as it was before, undefined if there was none or a newer one was left. */
async function putUnlessNewer(
  send: SendRequest,
  template: Template,
  warnings: string[],
): Promise<Existing | undefined> {
  const { path, body } = template;
  const answer = await send({ method: 'GET', path, expect: [404] });
  const before = answer.status === 404 ? undefined : readTemplate(path, answer.body);
  if (before && before.version > templateVersion) {
    warnings.push(
      `${path} has version ${before.version}, newer than this agent's ${templateVersion}: it is left as it is. A later agent put it; upgrade this one, or else look at what changed`,
    );
    return undefined;
  }
  await send({ method: 'PUT', path, body }).catch(async (error: unknown) => {
    const older = withoutFailureStore(body, error);
    if (!older) throw error;
    await send({ method: 'PUT', path, body: older });
  });
  return before;
}

/** Elasticsearch before 8.19 knows no data stream options, and has no failure store to turn off. */
function withoutFailureStore(body: Template['body'], error: unknown): Template['body'] | undefined {
  if (!(error instanceof ElasticsearchError) || error.code !== 'refused') return undefined;
  if (!error.message.includes('data_stream_options')) return undefined;
  const template = Object.entries(Object(body['template'])).filter(([key]) => key !== 'data_stream_options');
  return { ...body, template: Object.fromEntries(template) };
}

/**
 * A template counts for new streams only. Without this, manifests would promise a retention that the stream does not
 * have, and a verifier would call expired events missing.
 */
async function setRetention(
  send: SendRequest,
  { stream, retentionDays }: StreamTemplate,
  warnings: string[],
): Promise<void> {
  const path = `/_data_stream/${encodeURIComponent(stream)}/_lifecycle`;
  const body = { data_retention: `${retentionDays}d` };
  try {
    // 404: there is no such stream yet, so the template will do.
    await send({ method: 'PUT', path, body, expect: [404] });
  } catch (error) {
    if (!(error instanceof ElasticsearchError) || !['refused', 'unauthorized'].includes(error.code))
      throw error;
    warnings.push(
      `the retention of ${stream} stays as it was (${error.message}), and manifests promise another: verify would call missing what expires before. Set it with PUT ${path} ${JSON.stringify(body)}`,
    );
  }
}

/** The answers of GET _component_template and GET _index_template, as far as we read them. */
const existing = z.object({
  version: z.int().default(0),
  template: z.object({ lifecycle: z.object({ data_retention: z.string() }).partial().optional() }).optional(),
});
const foundTemplate = z.union([
  z.object({ component_templates: z.tuple([z.object({ component_template: existing })]) }),
  z.object({ index_templates: z.tuple([z.object({ index_template: existing })]) }),
]);

type Existing = z.infer<typeof existing>;

function readTemplate(path: string, body: unknown): Existing {
  const { data } = foundTemplate.safeParse(body);
  if (!data)
    throw new ElasticsearchError(
      'bad-response',
      `GET ${path}: not one template: ${JSON.stringify(body).slice(0, 200)}`,
    );
  return 'index_templates' in data
    ? data.index_templates[0].index_template
    : data.component_templates[0].component_template;
}
