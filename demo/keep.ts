import { once } from 'node:events';
import { failures, secrets } from './questions/index.ts';
import type { Screen } from './screen.ts';
import type { Place } from './search.ts';
import type { Auditor } from './verifier.ts';
import type { Workplace } from './workplace.ts';

export interface Running {
  place: Place;
  /** The data stream of the batch records. */
  records: string;
  auditor: Auditor;
  workplace: Workplace;
}

/** Says where everything is and what to try, then waits for `signal`. */
export async function keepRunning(
  { place: { url, stream }, records, auditor, workplace }: Running,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const search = (query: string, more: string) =>
    `curl -s -G '${url}/${stream}/_search' --data-urlencode 'q=${query}' -d '${more}'`;
  screen.heading('Everything keeps running until Ctrl-C');
  screen.lines([
    `Elasticsearch  ${url}`,
    `events         ${stream}`,
    `records        ${records}`,
    `audit log      ${workplace.auditLog}  (append to it, and the agent ships it)`,
    `agent's log    ${workplace.agentLog}`,
    `trust file     ${auditor.trustFile}`,
    '',
    'Who read secrets:',
    `  ${search(`${secrets.query} AND event.outcome:success`, '_source_includes=@timestamp,user.name,url.path&size=5&pretty')}`,
    'What was denied:',
    `  ${search('event.type:denied', '_source_includes=@timestamp,user.name,event.action,url.path&size=5&pretty')}`,
    'How many requests failed:',
    `  curl -s -G '${url}/${stream}/_count' --data-urlencode 'q=${failures.query}'`,
  ]);
  if (!signal.aborted) await once(signal, 'abort');
}
