import type { RuleText } from '../../detect/index.ts';

/** A rule for a person. */
export function ruleLines(rule: RuleText): string[] {
  const { id, title, severity, needs, threat, when, window, next, false_positives: falsePositives } = rule;
  return [
    `${id}: ${title}`,
    '',
    `severity         ${severity}`,
    `needs            audit level ${needs}${needs === 'RequestResponse' ? '' : ' or above'}`,
    `threat           ${threat.join(', ')}`,
    `next             ${next}`,
    `false positives  ${falsePositives}`,
    ...(window ? [`window           ${JSON.stringify(window)}`] : []),
    '',
    ...when.trimEnd().split('\n'),
  ];
}
