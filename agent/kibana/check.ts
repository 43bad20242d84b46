import { z } from 'zod';
import type { CheckResult } from '../check-result.ts';
import type { Kibana } from './client.ts';
import { KibanaError } from './error.ts';

/**
 * The first versions that take what is installed. 8.16: saved searches of model version 5, the form that ours have. 9.4: the
 * Dashboards API, which may change while it is a technical preview; from 9.5 on it is generally available, and stays as it is.
 */
const first = { searches: [8, 16], dashboards: [9, 4], stableDashboards: [9, 5] } as const;

/** What a Kibana is, and takes. A `problem` is one into which nothing may be put. */
export interface KibanaFound extends CheckResult {
  version: string;
  /** Whether it has the Dashboards API: as a promise, as a preview, or not at all, and why not. */
  dashboards: 'stable' | 'preview' | { missing: string };
}

const status = z.object({ version: z.object({ number: z.string() }) });

/**
 * Looks, before anything is changed in it, whether a Kibana is there that takes data views and saved searches, knows these credentials
 * and has this space, and whether it takes dashboards. Whether they may write shows when they do. Throws KibanaError if it does not
 * answer as a Kibana that knows these credentials.
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
  const found = {
    name: `Kibana at ${kibana.url}`,
    state: 'ok',
    found: `is Kibana ${version}`,
    expected: `${first.stableDashboards.join('.')} or later`,
    remedy: '',
    version,
    dashboards: 'stable',
  } as const;
  if (!isFrom(first.searches, version))
    return {
      ...found,
      state: 'problem',
      found: `${found.found}, which does not take our saved searches,`,
      expected: `${first.searches.join('.')} or later`,
      remedy: 'Agents need none of it: run setup without --kibana-url until then.',
      dashboards: { missing: 'too old' },
    };
  if (space !== undefined && !(await hasSpace(kibana, space)))
    return {
      ...found,
      state: 'problem',
      found: `has no space ${space} that these credentials may see`,
      expected: 'one into which the dashboards go',
      remedy: 'Make it, or give another: see --kibana-space.',
    };
  const dashboards = await dashboardsOf(kibana, version);
  if (dashboards === 'stable') return found;
  const remedy =
    dashboards === 'preview'
      ? 'Its API for dashboards is a technical preview, so that ours may not be taken.'
      : `The dashboards are left out: ${dashboards.missing}.`;
  return { ...found, state: 'warning', remedy, dashboards };
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
async function hasSpace(kibana: Kibana, space: string): Promise<boolean> {
  const path = `/api/spaces/space/${encodeURIComponent(space)}`;
  return (await kibana.request({ method: 'GET', path, global: true, expect: [404] })).status !== 404;
}
