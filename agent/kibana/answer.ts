import { KibanaError } from './error.ts';
import type { KibanaErrorCode } from './error.ts';

/** The body of an answer. Throws KibanaError `bad-response`. */
export function parse(where: string, status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `${where}: ${status} with an answer that is not JSON: ${text.slice(0, 200)}`;
    throw new KibanaError('bad-response', message, { cause });
  }
}

/** What a status says, and what to do. */
export function fromStatus(where: string, status: number, text: string): KibanaError {
  const [code, remedy] = meaningOf(status);
  return new KibanaError(code, `${where}: ${status} ${text.slice(0, 500)}${remedy}`);
}

function meaningOf(status: number): [KibanaErrorCode, string] {
  if (status === 401)
    return [
      'unauthorized',
      '. Kibana does not know these credentials: see --kibana-api-key-file, --kibana-username',
    ];
  if (status === 403)
    return [
      'not-allowed',
      '. Needed in this space, with All: Dashboard, Discover, Data View Management, Saved Objects Management (the role kibana_admin has them)',
    ];
  if ([502, 503, 504].includes(status))
    return ['unreachable', '. Kibana is not ready yet, or something in front of it is: try again'];
  return ['refused', ''];
}
