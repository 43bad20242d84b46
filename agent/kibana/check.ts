import { z } from 'zod';
import type { Kibana } from './client.ts';
import { KibanaError } from './error.ts';

/** The first with a Dashboards API that is generally available, and so stays as it is. */
const versionMin = [9, 5] as const;

const status = z.object({ version: z.object({ number: z.string() }) });

/**
 * Looks, before anything is changed in it, whether a Kibana is there that takes the dashboards, knows these credentials
 * and has this space. Whether they may write shows when they do. Returns its version. Throws KibanaError.
 */
export async function checkKibana(kibana: Kibana, space: string | undefined): Promise<string> {
  const path = '/api/status';
  const { data } = status.safeParse((await kibana.request({ method: 'GET', path, global: true })).body);
  if (!data)
    throw new KibanaError(
      'bad-response',
      `GET ${kibana.url}${path}: no version in the answer. Is this Kibana, and are these credentials known to it?`,
    );
  const { number } = data.version;
  const [major = 0, minor = 0] = number.split('.').map(Number);
  if (major < versionMin[0] || (major === versionMin[0] && minor < versionMin[1]))
    throw tooOld(kibana, number);
  if (space !== undefined) await checkSpace(kibana, space);
  const dashboards = { method: 'GET', path: '/api/dashboards?per_page=1', expect: [404] } as const;
  if ((await kibana.request(dashboards)).status === 404) throw tooOld(kibana, number);
  return number;
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

function tooOld(kibana: Kibana, number: string): KibanaError {
  return new KibanaError(
    'old',
    `${kibana.url} is Kibana ${number}, without the API that the dashboards need (PUT /api/dashboards): ` +
      `${versionMin.join('.')} or later has it. Run setup without --kibana-url until then`,
  );
}
