import type { Blindness, BlindRule } from '../../audit-policy/index.ts';
import type { Examined, Finding } from '../../drift/index.ts';
import { jsonLine, printable } from '../../json/index.ts';
import { tableLines } from '../terminal/table.ts';
import { wrapped } from '../terminal/text.ts';
import type { DoctorBlindness } from './blindness.ts';

export interface DoctorReport {
  readonly findings: readonly Finding[];
  readonly policy: Examined['policy'];
  readonly blind: DoctorBlindness | undefined;
  readonly at: Date;
  readonly node: string;
}

const width = 110;
/** Blind rules that are named; `--json` has all. */
const rulesMax = 20;

const marks: Readonly<Record<Finding['state'], string>> = {
  ok: 'ok',
  warning: 'WARNING',
  problem: 'PROBLEM',
  unchecked: 'not checked',
};
const worstFirst: readonly Finding['state'][] = ['problem', 'warning', 'ok', 'unchecked'];

/** What was checked, found and expected, and why; then what to do, then what the policy blinds. */
export function textReport({ findings, policy, blind, at, node }: DoctorReport): string {
  const sorted = findings.toSorted((a, b) => worstFirst.indexOf(a.state) - worstFirst.indexOf(b.state));
  const rows = sorted.map(({ state, name, found, expected, why }) => [
    marks[state],
    name,
    found,
    expected,
    why,
  ]);
  const columns = [
    { heading: 'state' },
    { heading: 'checked', widthMax: 44 },
    { heading: 'found', widthMax: 44 },
    { heading: 'expected', widthMax: 36 },
    { heading: 'why', widthMax: 44 },
  ];
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  return [
    `auditseal doctor: ${printable(node)}, ${at.toISOString()}`,
    '',
    ...tableLines({ columns, rows }, rows.length),
    '',
    ...toDo(sorted),
    ...(policy !== undefined && policy.text === undefined ? proposal : []),
    ...(blind
      ? [
          ...blindLines('rules of auditseal', blind.ours),
          ...blindLines('prebuilt rules of Elastic', blind.elastic),
        ]
      : []),
    `${count('problem')} problems, ${count('warning')} warnings, ${count('ok')} ok, ${count('unchecked')} not checked`,
    '',
  ].join('\n');
}

const proposal = [
  'There is no audit policy to be read. One to begin with, in which every rule says why it is there:',
  '  auditseal doctor --propose > /etc/kubernetes/policy.yaml',
  '',
];

function toDo(findings: readonly Finding[]): string[] {
  const wrong = findings.filter(({ state }) => state === 'problem' || state === 'warning');
  if (wrong.length === 0) return [];
  return [
    'To do:',
    ...wrong.flatMap(({ name, found, expected, remedy, fix = '' }, i) => [
      `${i + 1}. ${printable(`${name}: ${found}; expected ${expected}`)}`,
      ...wrapped(printable(remedy), width - 3).map((line) => `   ${line}`),
      ...(fix === '' ? [] : fix.split('\n').map((line) => `     ${printable(line)}`)),
    ]),
    '',
  ];
}

function blindLines(what: string, { never, partly, count }: Blindness): string[] {
  if (never.length + partly.length === 0)
    return [`Under this audit policy each of the ${count} ${what} can fire.`, ''];
  return [
    `Under this audit policy ${never.length} of the ${count} ${what} can never fire:`,
    ...ruleLines(never),
    ...(partly.length === 0
      ? []
      : [`and ${partly.length} find only some of what they are for; not written is:`, ...ruleLines(partly)]),
    '',
  ];
}

function ruleLines(rules: readonly BlindRule[]): string[] {
  const shown = rules.slice(0, rulesMax).map(({ id, needs }) => `  ${printable(id)}: ${needs}`);
  return rules.length > rulesMax
    ? [...shown, `  and ${rules.length - rulesMax} more (--json has all)`]
    : shown;
}

/** The same as one object; the policy's text is not in it. */
export function jsonReport({ findings, policy, blind, at, node }: DoctorReport): string {
  return jsonLine({
    at: at.toISOString(),
    node,
    findings,
    ...(policy && {
      auditPolicy: { digest: policy.digest, forgiven: policy.decoded?.forgiven, blind },
    }),
  });
}
