import { z } from 'zod';
import type { ElasticsearchClient } from '../client.ts';
import { ShipError } from '../error.ts';
import { request } from '../request.ts';
import { templateVersion, templates, type StreamTemplate, type Template } from './definition.ts';

export interface InstallOptions {
  namespace: string;
  /** Of the events; records are kept. */
  retentionDays: number;
  signal?: AbortSignal | undefined;
}

export type Installed =
  /** Warnings are for the log: what is not as it should be, and what to do. */
  | { installed: true; warnings: string[] }
  /** Not allowed to; `why` says what to do instead. */
  | { installed: false; why: string };

/**
 * Puts the component and index templates of a namespace, or leaves those of a newer agent as they are. Doing it again
 * changes nothing. A stream that exists keeps its mapping; a changed retention is set on it.
 * Throws ShipError for anything but a lack of privileges.
 */
export async function installTemplates(
  client: ElasticsearchClient,
  options: InstallOptions,
): Promise<Installed> {
  const { components, events, records } = templates(options.namespace, options.retentionDays);
  const warnings: string[] = [];
  try {
    for (const component of components) await putUnlessNewer(client, component, warnings, options.signal);
    for (const template of [events, records]) {
      const before = await putUnlessNewer(client, template, warnings, options.signal);
      if (before && before.template?.lifecycle?.data_retention !== `${template.retentionDays}d`)
        await setRetention(client, template, warnings, options.signal);
    }
    return { installed: true, warnings };
  } catch (error) {
    if (!(error instanceof ShipError) || error.code !== 'unauthorized') throw error;
    return { installed: false, why: remedy(options, error) };
  }
}

function remedy(options: InstallOptions, error: ShipError): string {
  const { components, events, records } = templates(options.namespace, options.retentionDays);
  const names = [...components, events, records].map(({ path }) => path);
  return (
    `the index templates cannot be installed (${error.message}). Give these credentials the cluster privilege ` +
    `manage_index_templates; or start the agent once with credentials that have it, then set ` +
    `elasticsearch.installTemplates to false. Needed are ${names.join(', ')}. ` +
    'Without them Elasticsearch may make the streams with settings under which nothing can be verified'
  );
}

/** Returns the template as it was before, undefined if there was none or a newer one was left. */
async function putUnlessNewer(
  client: ElasticsearchClient,
  template: Template,
  warnings: string[],
  signal: AbortSignal | undefined,
): Promise<Existing | undefined> {
  const { path, body } = template;
  const answer = await request(client, { method: 'GET', path, expect: [404], signal });
  const before = answer.status === 404 ? undefined : readTemplate(path, answer.body);
  if (before && before.version > templateVersion) {
    warnings.push(
      `${path} has version ${before.version}, newer than this agent's ${templateVersion}: left as it is`,
    );
    return undefined;
  }
  await request(client, { method: 'PUT', path, body, signal }).catch(async (error: unknown) => {
    const older = withoutFailureStore(body, error);
    if (!older) throw error;
    await request(client, { method: 'PUT', path, body: older, signal });
  });
  return before;
}

/** Elasticsearch before 8.19 knows no data stream options, and has no failure store to turn off. */
function withoutFailureStore(body: Template['body'], error: unknown): Template['body'] | undefined {
  if (!(error instanceof ShipError) || error.code !== 'refused') return undefined;
  if (!error.message.includes('data_stream_options')) return undefined;
  const template = Object.entries(Object(body['template'])).filter(([key]) => key !== 'data_stream_options');
  return { ...body, template: Object.fromEntries(template) };
}

/**
 * A template counts for new streams only. Without this, manifests would promise a retention that the stream does not
 * have, and a verifier would call expired events missing.
 */
async function setRetention(
  client: ElasticsearchClient,
  { stream, retentionDays }: StreamTemplate,
  warnings: string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const path = `/_data_stream/${encodeURIComponent(stream)}/_lifecycle`;
  const body = { data_retention: `${retentionDays}d` };
  try {
    // 404: there is no such stream yet, so the template will do.
    await request(client, { method: 'PUT', path, body, expect: [404], signal });
  } catch (error) {
    if (!(error instanceof ShipError) || !['refused', 'unauthorized'].includes(error.code)) throw error;
    warnings.push(
      `the retention of ${stream} stays as it was (${error.message}). Set it with PUT ${path} ${JSON.stringify(body)}`,
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
    throw new ShipError(
      'bad-response',
      `GET ${path}: not one template: ${JSON.stringify(body).slice(0, 200)}`,
    );
  return 'index_templates' in data
    ? data.index_templates[0].index_template
    : data.component_templates[0].component_template;
}
