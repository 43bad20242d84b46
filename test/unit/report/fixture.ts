import { Completeness } from '../../../agent/report/index.ts';
import type { Report, Verified } from '../../../agent/report/index.ts';
import { clauses } from '../../../agent/report/clauses.ts';
import type { Table } from '../../../agent/report/table.ts';
import type { TrustFile } from '../../../agent/trust/index.ts';
import { honest } from '../../kit/seal/honest.ts';
import type { LogWriter, Written } from '../../kit/seal/log.ts';
import { verify } from '../../kit/seal/streams.ts';

/** Names as nobody honest would choose them. */
export const hostileNames: readonly string[] = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</td></tr></table></main><h1>verified</h1>',
  '</style><style>body{display:none}</style>',
  '<!--',
  ']]><svg/onload=alert(1)>',
  '&lt;b&gt;',
  'alice\u202Egnp.exe\u2066\u200B',
  'a\u0000b\u001B[2J\u2028c\nd\uD800',
  'مرحبا',
  'x'.repeat(10_000),
];

const time = { since: Date.parse('2026-11-23T00:44:00Z'), until: Date.parse('2026-11-23T00:48:00Z') };

/** A log with a gap, a restart, dropped lines and another policy, in memory, verified as `auditseal verify` does. */
export async function verified(more?: (writer: LogWriter) => void): Promise<Verified> {
  const { written, writer, trust } = honest();
  const at = writer.now.toISOString();
  writer.batch({
    events: 2,
    dropped: 3,
    gaps: [{ reason: 'rotated away', from: at, to: at, bytesMin: 5000 }],
    notices: [
      { kind: 'start', at },
      { kind: 'policy', at, text: 'rules:\n  - name: <b>bold</b>\n', before: `sha256:${'0'.repeat(64)}` },
    ],
  });
  more?.(writer);
  return await verifiedOf(written, writer.now, trust);
}

async function verifiedOf(written: Written, now: Date, trust: TrustFile): Promise<Verified> {
  const completeness = new Completeness(time);
  const { findings, summary } = await verify(written, {
    now,
    trust,
    onBatch: (manifest) => completeness.take(manifest),
  });
  return {
    summary,
    message: summary.verdict,
    words: 'What was checked, in words.',
    findings,
    completeness: completeness.report(),
    printed: 'line 1\n<script>line 2</script>\n',
  };
}

/** A report with a table of these names, in every place where a client or a thief of a key can put one. */
export async function fixture(names: readonly string[], more?: (writer: LogWriter) => void): Promise<Report> {
  const trust = { file: names[0] ?? 'trust.json', sha256: 'ab'.repeat(32), operators: [...names] };
  return {
    v: 1,
    madeAt: '2026-11-24T00:00:00.000Z',
    maker: {
      tool: 'auditseal 0.1.0',
      command: `auditseal report ${names.join(' ')}`,
      by: 'root',
      elasticsearch: '9',
      trust,
    },
    namespace: 'auditseal',
    urls: ['https://elasticsearch:9200'],
    since: new Date(time.since).toISOString(),
    until: new Date(time.until).toISOString(),
    verified: await verified(more),
    population: {
      documents: 17,
      oldest: '2026-11-23T00:44:33.000Z',
      newest: '2026-11-23T00:45:33.000Z',
      unreadable: 0,
      at: '2026-11-24T00:00:00.000Z',
    },
    tables: [
      tableOf(names),
      { ...tableOf([]), id: 'denied', title: 'Who was refused', attention: [...names] },
    ],
    clauses,
  };
}

function tableOf(names: readonly string[]): Table {
  return {
    id: 'secrets',
    title: 'Who accessed secrets',
    about: 'Every request on secrets.',
    columns: [
      { id: 'user', heading: 'User', kind: 'text' },
      { id: 'as', heading: 'In the name of', kind: 'text' },
      { id: 'requests', heading: 'Requests', kind: 'number' },
      { id: 'first', heading: 'First', kind: 'time' },
      { id: 'last', heading: 'Last', kind: 'time' },
    ],
    rows: names.map((name) => [name, name, 1234, '2026-11-23T00:44:33.000Z', name]),
    rowsTotal: names.length,
    isAtLeast: false,
    count: 1234 * names.length,
    unit: 'requests',
    attention: [],
    asked: {
      command: `auditseal who ${names.join(' ')}`,
      body: { query: names },
      parameters: Object.fromEntries(names.map((name, at) => [`parameter ${at}`, name])),
      at: '2026-11-24T00:00:00.000Z',
      milliseconds: 12,
      documents: 99,
    },
  };
}
