import type { ElasticsearchClient } from '../../elasticsearch/index.ts';
import type { TimeRange } from '../../verify/index.ts';
import { everything, parseResource, who } from '../../who/index.ts';
import type { Answer, Coverage, Query, Row } from '../../who/index.ts';
import type { Cell, Column, Table } from '../table.ts';
import type { WhoQuestion } from './question.ts';

export interface AskOptions {
  namespace: string;
  urls: readonly string[];
  time: TimeRange;
  /** Rows that a table lists. */
  rowsMax: number;
  signal?: AbortSignal | undefined;
  onEvents?: ((events: number) => void) | undefined;
}

const writing = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** Rows that are held while they are counted; of more, `who` joins those that differ least. */
const rowsHeld = 20_000;

const columns: Column[] = [
  { id: 'user', heading: 'User', kind: 'text' },
  { id: 'as', heading: 'In the name of', kind: 'text' },
  { id: 'did', heading: 'Did', kind: 'text' },
  { id: 'resource', heading: 'On', kind: 'text' },
  { id: 'namespace', heading: 'Namespace', kind: 'text' },
  { id: 'name', heading: 'Name', kind: 'text' },
  { id: 'container', heading: 'Container', kind: 'text' },
  { id: 'command', heading: 'Command', kind: 'text' },
  { id: 'result', heading: 'Result', kind: 'text' },
  { id: 'requests', heading: 'Requests', kind: 'number' },
  { id: 'first', heading: 'First', kind: 'time' },
  { id: 'last', heading: 'Last', kind: 'time' },
  { id: 'from', heading: 'From', kind: 'text' },
];

/** Columns that only sessions in pods have. */
const ofSessions: ReadonlySet<string> = new Set(['container', 'command']);

/** Asks as `auditseal who` does. Throws what that throws. */
export async function askWho(
  client: ElasticsearchClient,
  question: WhoQuestion,
  { namespace, urls, time, rowsMax, signal, onEvents }: AskOptions,
): Promise<{ table: Table; coverage: Coverage }> {
  const { id, title, about, resources, verbs, isDenied, hasCommands } = question;
  const isShown = (column: Column) => hasCommands || !ofSessions.has(column.id);
  const query: Query = {
    ...everything,
    resources: resources.map((text) => parseResource(text)),
    verbs: verbs === 'write' ? writing : [],
    outcomes: isDenied ? ['denied'] : [],
    time,
  };
  const at = new Date();
  const found = await who(client, query, { namespace, signal, onEvents, rowsMax: rowsHeld });
  const { rows, requests, events, copies } = found;
  const range = { since: iso(time.since), until: iso(time.until) };
  const table: Table = {
    id,
    title,
    about,
    columns: columns.filter(isShown),
    rows: rows.slice(0, rowsMax).map((row) => cellsOf(row).filter((_, place) => isShown(columns[place]!))),
    rowsTotal: rows.length,
    isAtLeast: rows.some(({ joinedOver }) => joinedOver !== undefined),
    count: requests,
    unit: 'requests',
    attention: attentionOf(found),
    asked: {
      command: [
        'auditseal who',
        ...urls.map((url) => `--url ${url}`),
        `--namespace ${namespace}`,
        ...whoOptions(question),
        `--since ${range.since}`,
        `--until ${range.until}`,
        '--limit 0',
      ].join(' '),
      body: null,
      parameters: range,
      at: at.toISOString(),
      milliseconds: Date.now() - at.getTime(),
      documents: events + copies,
    },
  };
  return { table, coverage: found.coverage };
}

/** As they are typed. */
export function whoOptions({ resources, verbs, isDenied }: WhoQuestion): string[] {
  return [
    ...resources.map((resource) => `--resource ${resource.includes('*') ? `'${resource}'` : resource}`),
    ...(verbs === 'write' ? ['--verb write'] : []),
    ...(isDenied ? ['--denied'] : []),
  ];
}

function cellsOf(row: Row): Cell[] {
  const { user, effectiveUser, verb, resource, apiGroup, namespace, name, path, result, code } = row;
  const joined = new Set<string>(row.joinedOver ?? []);
  const shown = (member: string, value: string | null) => (joined.has(member) ? anyValue : value);
  const kind = resource !== null && apiGroup !== null ? `${resource} (${apiGroup})` : (resource ?? path);
  const from = `${row.addresses.join(', ')}${row.moreAddresses ? ' and more' : ''}`;
  return [
    shown('user', user),
    shown('effectiveUser', effectiveUser),
    shown('verb', verb),
    shown('resource', kind),
    shown('namespace', namespace),
    shown('name', name),
    shown('container', row.container ?? null),
    shown('command', row.command ?? null),
    shown('result', code === null ? result : `${code} ${result}`),
    row.requests,
    row.first,
    row.last,
    from === '' ? null : from,
  ];
}

/** Of a row that stands for several which differ in this. */
const anyValue = '(several)';

function attentionOf({ rows, clashes, splits, coverage, fieldProblems }: Answer): string[] {
  const joined = rows.filter(({ joinedOver }) => joinedOver).length;
  return [
    ...fieldProblems.map(
      (problem) => `The mapping is not what the template says, so that requests may be left out: ${problem}`,
    ),
    ...(joined > 0
      ? [`There are more rows than can be held: ${joined} rows marked “${anyValue}” stand for several.`]
      : []),
    ...(splits > 0
      ? [`Requests of one Audit-ID were too many to hold, ${splits} times: some may be counted twice.`]
      : []),
    ...(clashes > 0
      ? [`${clashes} documents have the event.id of another one: somebody other than the agent wrote them.`]
      : []),
    ...(coverage.unreadable > 0
      ? [
          `${coverage.unreadable} lines were no audit event and could not be searched; a request may hide in them.`,
        ]
      : []),
  ];
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
