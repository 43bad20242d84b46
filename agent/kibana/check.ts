import { z } from 'zod';
import type { Kibana } from './client.ts';
import { KibanaError } from './error.ts';

/**
 * The first versions that take what is installed. 8.16: saved searches of model version 5, the form that ours have. 9.4: the
 * Dashboards API, which may change while it is a technical preview; from 9.5 on it is generally available, and stays as it is.
 */
const first = { searches: [8, 16], dashboards: [9, 4], stableDashboards: [9, 5] } as const;

/** What a Kibana is, and takes. */
export interface KibanaFound {
  version: string;
  /** Whether it has the Dashboards API: as a promise, as a preview, or not at all, and why not. */
  dashboards: 'stable' | 'preview' | { missing: string };
}

const status = z.object({ version: z.object({ number: z.string() }) });

/**
 * Looks, before anything is changed in it, whether a Kibana is there that takes data views and saved searches, knows these credentials
 * and has this space, and whether it takes dashboards. Whether they may write shows when they do. Throws KibanaError.
 */
export async function checkKibana(kibana: Kibana, space: string | undefined): Promise<KibanaFound> {
  const path = '/api/status';
  const { data } = status.safeParse((await kibana.request({ method: 'GET', path, global: true })).body);
  if (!data)
    throw new KibanaError(
      'bad-response',
      `GET ${kibana.url}${path}: no version in the answer. Is this Kibana, and are these credentials known to it?`,
    );
  const { number: version } = data.version;
  if (!isFrom(first.searches, version)) throw tooOld(kibana, version);
  if (space !== undefined) await checkSpace(kibana, space);
  return { version, dashboards: await dashboardsOf(kibana, version) };
}

async function dashboardsOf(kibana: Kibana, version: string): Promise<KibanaFound['dashboards']> {
  if (!isFrom(first.dashboards, version))
    return { missing: `only ${first.dashboards.join('.')} and later take dashboards` };
  const { status: answered } = await kibana.request({
    method: 'GET',
    path: '/api/dashboards?per_page=1',
    expect: [404],
  });
  // By its version it should be there: a proxy that lets some paths through, or a build without it.
  if (answered === 404) return { missing: 'GET /api/dashboards: 404' };
  return isFrom(first.stableDashboards, version) ? 'stable' : 'preview';
}

function isFrom([major, minor]: readonly [number, number], version: string): boolean {
  const [itsMajor = 0, itsMinor = 0] = version.split('.').map(Number);
  return itsMajor > major || (itsMajor === major && itsMinor >= minor);
}

/** Kibana itself lets objects be put into a space that is not there, where nobody finds them. */
async function checkSpace(kibana: Kibana, space: string): Promise<void> {
  const path = `/api/spaces/space/${encodeURIComponent(space)}`;
  const { status: found } = await kibana.request({ method: 'GET', path, global: true, expect: [404] });
  if (found === 404)
    throw new KibanaError(
      'no-space',
      `GET ${kibana.url}${path}: 404. There is no space ${space} in this Kibana, or these credentials may not see it: see --kibana-space`,
    );
}

function tooOld(kibana: Kibana, version: string): KibanaError {
  return new KibanaError(
    'old',
    `${kibana.url} is Kibana ${version}, which does not take our saved searches: ` +
      `${first.searches.join('.')} or later does. Run setup without --kibana-url until then`,
  );
}
