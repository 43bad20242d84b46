import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtInRules, powerNames, readyVariables } from '../../../agent/detect/index.ts';
import type { RuleText } from '../../../agent/detect/index.ts';

export const documentFile = join(import.meta.dirname, '../../../docs/detection.md');

const tactics: Readonly<Record<string, string>> = {
  TA0001: 'Initial access',
  TA0002: 'Execution',
  TA0003: 'Persistence',
  TA0004: 'Privilege escalation',
  TA0005: 'Defense evasion',
  TA0006: 'Credential access',
  TA0007: 'Discovery',
  TA0008: 'Lateral movement',
  TA0009: 'Collection',
  TA0010: 'Exfiltration',
  TA0011: 'Command and control',
  TA0040: 'Impact',
};

/** docs/detection.md with what is made of the rules and variables put in its places. */
export function documentation(text = readFileSync(documentFile, 'utf8')): string {
  return put(put(text, 'variables', variableLines()), 'rules', ruleLines());
}

function put(text: string, name: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/detection.md has no ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n${lines.join('\n')}\n${text.slice(to)}`;
}

function variableLines(): string[] {
  const rows = Object.entries(readyVariables).map(
    ([name, { type, about, from }]) =>
      `| \`${name}\` | \`${type}\` | ${about}${from === 'body' ? ' (needs the body)' : ''} |`,
  );
  return [
    '## Ready variables',
    '| name | type | meaning |',
    '|---|---|---|',
    ...rows,
    '',
    `\`role_powers\` holds of these what a rule of the role gives: ${powerNames.map((name) => `\`${name}\``).join(', ')}.`,
    '`pod` variables read a pod and the template of whatever makes pods. Of a patch that is a list of operations they read the object that came of it, which needs level RequestResponse.',
  ];
}

function ruleLines(): string[] {
  const byTactic = Map.groupBy(
    builtInRules().map(({ text }) => text),
    ({ threat }) => tactics[threat[0]!]!,
  );
  return [
    '## All rules',
    ...[...byTactic].flatMap(([tactic, rules]) => [
      '',
      `### ${tactic}`,
      '| rule | looks for | severity | needs | ATT&CK |',
      '|---|---|---|---|---|',
      ...rules.map((rule) => row(rule)),
    ]),
  ];
}

function row({ id, title, severity, needs, threat }: RuleText): string {
  return `| \`${id}\` | ${title} | ${severity} | ${needs} | ${threat.filter((one) => one.startsWith('T1')).join(' ')} |`;
}
