import { z } from 'zod';
import { describeResults } from '../check-result.ts';
import { assetsOf } from './assets.ts';
import type { Dashboard, DataView, Search } from './assets.ts';
import type { KibanaFound } from './check.ts';
import type { Kibana, KibanaAnswer, KibanaRequest } from './client.ts';
import { KibanaError } from './error.ts';
import { savedSearchLine } from './saved-search.ts';

export interface InstallationOptions {
  namespace: string;
  /** Print what would be sent instead of sending it. What only looks is sent all the same. */
  dryRun: boolean;
  onLine: (line: string) => void;
  /** Something is left out, and why, or may change with the next Kibana. */
  onWarning: (line: string) => void;
}

/**
 * Puts data views, saved searches and dashboards, in the order in which they name each other; dashboards as far as this Kibana takes
 * them. Done again it makes them what they are here: whoever wants them otherwise copies them. Objects of other ids are not touched.
 * Throws KibanaError; `unfit` for what was found to be a problem, before anything is sent.
 */
export async function installObjects(
  kibana: Kibana,
  found: KibanaFound,
  options: InstallationOptions,
): Promise<void> {
  if (found.state === 'problem') throw new KibanaError('unfit', describeResults([found]));
  const { dataViews, searches, dashboards } = assetsOf(options.namespace);
  const change = changing(kibana, options);
  const done = (line: string) => {
    if (!options.dryRun) options.onLine(`Kibana: ${line}`);
  };
  for (const view of dataViews) await putDataView(kibana, change, view);
  done(`data views ${dataViews.map(({ id }) => id).join(', ')}`);
  await importSearches(change, searches);
  done(`${searches.length} saved searches`);
  const name = `Kibana ${found.version} at ${kibana.url}`;
  if (typeof found.dashboards === 'object') {
    const titles = dashboards.map(({ body }) => body.title).join(', ');
    options.onWarning(`${name}: left out the dashboards ${titles}: ${found.dashboards.missing}`);
    return;
  }
  const isPreview = found.dashboards === 'preview';
  if (isPreview)
    options.onWarning(
      `${name}: its API for dashboards is a technical preview, for which ours are not promised to be right; 9.5 and later keep it as it is`,
    );
  for (const dashboard of dashboards) {
    const refused = await putDashboard(change, dashboard, isPreview);
    if (refused)
      options.onWarning(`${name}: left out the dashboard ${dashboard.body.title}: ${refused.message}`);
    else done(`${dashboard.body.title}: ${kibana.url}${viewOf(kibana, dashboard)}`);
  }
}

/** What a preview does not take is returned, and no reason to stop: it may be another form of the same. */
async function putDashboard(
  change: Change,
  { id, body }: Dashboard,
  isPreview: boolean,
): Promise<KibanaError | undefined> {
  try {
    await change({ method: 'PUT', path: `/api/dashboards/${encodeURIComponent(id)}`, body });
    return undefined;
  } catch (error) {
    if (isPreview && error instanceof KibanaError && error.code === 'refused') return error;
    throw error;
  }
}

const viewOf = (kibana: Kibana, { id }: Dashboard) =>
  kibana.pathOf(`/app/dashboards#/view/${encodeURIComponent(id)}`);

type Change = (wanted: KibanaRequest) => Promise<KibanaAnswer | undefined>;

function changing(kibana: Kibana, { dryRun, onLine }: InstallationOptions): Change {
  return async (wanted) => {
    if (!dryRun) return await kibana.request(wanted);
    for (const line of shown(kibana, wanted)) onLine(line);
    onLine('');
    return undefined;
  };
}

/** As Kibana's Dev Tools take it (those of the default space, where another is named); a form they cannot send. */
function shown(kibana: Kibana, { method, path, body, file }: KibanaRequest): string[] {
  const request = `${method} kbn:${kibana.pathOf(path)}`;
  if (!file) return [request, JSON.stringify(body, undefined, 2)];
  const what = `a form with the file ${file.name}, which Stack Management > Saved Objects > Import takes, too:`;
  return [`${request}: ${what}`, ...file.text.trimEnd().split('\n')].map((line) => `# ${line}`);
}

async function putDataView(kibana: Kibana, change: Change, view: DataView): Promise<void> {
  const path = '/api/data_views/data_view';
  const own = `${path}/${encodeURIComponent(view.id)}`;
  const { status } = await kibana.request({ method: 'GET', path: own, expect: [404] });
  const { id: _id, ...fields } = view;
  if (status !== 404) return void (await change({ method: 'POST', path: own, body: { data_view: fields } }));
  // The streams need not be there yet. Never `override`: it deletes another's data view that has this name.
  await change({ method: 'POST', path, body: { data_view: { ...view, allowNoIndex: true } } });
}

const imported = z.object({
  success: z.boolean(),
  errors: z
    .array(z.object({ id: z.string(), type: z.string(), error: z.looseObject({ type: z.string() }) }))
    .default([]),
});

async function importSearches(change: Change, searches: readonly Search[]): Promise<void> {
  const path = '/api/saved_objects/_import?overwrite=true';
  const text = searches.map((search) => `${savedSearchLine(search)}\n`).join('');
  const answer = await change({ method: 'POST', path, file: { name: 'auditseal.ndjson', text } });
  if (!answer) return;
  const { data } = imported.safeParse(answer.body);
  if (!data) throw new KibanaError('bad-response', `POST ${path}: not an answer of Kibana`);
  if (data.success) return;
  const why = data.errors.map(({ type, id, error }) => `${type} ${id}: ${JSON.stringify(error)}`);
  throw new KibanaError('refused', `POST ${path}: ${why.join('; ').slice(0, 1000)}`);
}
