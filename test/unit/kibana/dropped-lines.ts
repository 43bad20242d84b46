import { ownEvents } from './own-lines.ts';

/** The rules of the default policy that drop, as the dashboard has to name them; written out, so that a change is seen. */
export const droppingRules: readonly string[] = [
  'node-leases',
  'controller-manager-lease',
  'scheduler-lease',
  'cloud-controller-manager-lease',
  'apiserver-leases',
  'events-of-components',
  'component-reads',
  'component-discovery',
  'node-reads',
  'anonymous-probes',
];

/** Another that drops, of somebody's own policy. */
export const siteRule = 'site.noise';

const noisy = (rule: string) => `noise:${rule}`;
const rules = [...droppingRules, siteRule];

/** Rules of these names that drop nothing but `droppedLines`, and some that keep. */
export const policy = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
${rules.map((rule) => `  - { name: ${rule}, level: None, users: ['${noisy(rule)}'] }`).join('\n')}
  - { name: secrets, level: RequestResponse, resources: [{ group: '', resources: [secrets] }] }
  - { name: site.reads, level: RequestResponse, verbs: [get, list, watch] }
`;

/** How many events each rule drops: another number for each. */
export const droppedBy = new Map(rules.map((rule, i) => [rule, i + 2]));

/** Lines of which no document is made. */
export const droppedLines: readonly string[] = [...droppedBy].flatMap(([rule, count]) => {
  const event = { ...(JSON.parse(ownEvents[0]!) as object), user: { username: noisy(rule) } };
  return Array.from({ length: count }, () => JSON.stringify(event));
});
