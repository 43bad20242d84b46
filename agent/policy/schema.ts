import { z } from 'zod';
import { CelError, Conditions } from '../cel/index.ts';
import type { Condition } from '../cel/index.ts';
import { ruleNameForm } from '../seal/index.ts';
import { reservedNames } from './reserved-names.ts';
import { isNetwork } from './source-networks.ts';

const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
const texts = z.array(z.string()).default([]);
const stageList = z.array(z.enum(stages)).default([]);

/** The apiserver falls back to ignoring keys that it does not know; a typo then widens a rule. */
function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown: ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}; allowed are ${Object.keys(shape).join(', ')}`
        : undefined,
  });
}

/** RFC 1123 subdomain, as k8s.io/apiserver/pkg/apis/audit/validation demands of an API group. */
const group = z
  .string()
  .max(253)
  .regex(/^\*?$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, {
    error:
      'an API group without a version, as rbac.authorization.k8s.io; "" is the core group, "*" every group',
  });

const groupResources = strict({ group: group.default(''), resources: texts, resourceNames: texts }).refine(
  ({ resources, resourceNames }) => resourceNames.length === 0 || resources.length > 0,
  {
    path: ['resourceNames'],
    error: 'using resourceNames requires at least one resource',
  },
);

const nonResourceURL = z.string().regex(/^(\*|\/[^*]*\*?)$/, {
  error: 'a path that begins with /, with * only as its last character, or "*"',
});

const code = z.union([z.int().min(100).max(999), z.enum(['none', '1xx', '2xx', '3xx', '4xx', '5xx'])], {
  error: 'a status code, a class as "4xx", or "none" for events without a code',
});

const outcome = z.enum(['success', 'failure', 'unknown']);

const conditions = new Conditions();

/** A condition in CEL; its mistakes are told with a caret below them. */
const when = z.string().superRefine((text, context) => {
  try {
    conditions.compile(text);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

const userAgent = z.string().regex(/^[^*]+\*?$/, {
  error: 'a user agent, with * only as its last character',
});

const sourceNetwork = z.string().refine(isNetwork, {
  error: 'an address or a network, as 10.0.0.0/8 or ::1',
});

const share = 'the share that is kept, from 0.0001 to 0.9999; without it everything is kept';
const sample = z.number({ error: share }).min(0.0001, { error: share }).max(0.9999, { error: share });

const rule = strict({
  level: z.enum(['None', 'Metadata', 'Request', 'RequestResponse']),
  users: texts,
  userGroups: texts,
  verbs: texts,
  resources: z.array(groupResources).default([]),
  namespaces: texts,
  nonResourceURLs: z.array(nonResourceURL).default([]),
  omitStages: stageList,
  omitManagedFields: z.boolean().optional(),
  name: z
    .string()
    .regex(ruleNameForm, { error: '1 to 63 letters, digits, ".", "_" or "-"' })
    .superRefine((name, context) => {
      const message = reservedNames.get(name);
      if (message !== undefined) context.addIssue({ code: 'custom', message: `"${name}" names ${message}` });
    })
    .optional(),
  stages: stageList,
  codes: z.array(code).default([]),
  outcomes: z.array(outcome).default([]),
  impersonated: z.boolean().optional(),
  userAgents: z.array(userAgent).default([]),
  sourceNetworks: z.array(sourceNetwork).default([]),
  sample: sample.optional(),
  own: z.literal(true, { error: 'true; without it a rule is for every object' }).optional(),
  when: when.optional(),
})
  .refine(
    ({ nonResourceURLs, resources, namespaces }) =>
      nonResourceURLs.length === 0 || resources.length + namespaces.length === 0,
    {
      path: ['nonResourceURLs'],
      error: 'rules cannot apply to both regular resources and non-resource URLs',
    },
  )
  .refine(({ level, sample: rate }) => rate === undefined || level !== 'None', {
    path: ['sample'],
    error: 'a rule of level None keeps nothing; give it the level of what is kept',
  })
  .refine((one) => one.userAgents.length === 0 || !takesAway(one) || hasIdentity(one), {
    path: ['userAgents'],
    error:
      'whoever sends a request chooses its user agent, and could hide by it; a rule that drops or cuts needs users, userGroups or own, too',
  })
  .superRefine((one, context) => {
    if (!takesAway(one) || hasIdentity(one)) return;
    const chosen = readBy(one.when).find((path) => chosenByClients.test(path));
    if (chosen === undefined) return;
    const message = `whoever sends a request chooses ${chosen}, and could hide by it; a rule that drops or cuts needs users, userGroups or own, too`;
    context.addIssue({ code: 'custom', path: ['when'], message });
  });

/** Headers and bodies are the client's own; `auditID` is a header. Who a request is of is for the lists of users to say. */
const chosenByClients = /^event\.(?:userAgent|auditID|requestObject|responseObject)\b/u;

function readBy(text: string | undefined): Condition['reads'] {
  try {
    return text === undefined ? [] : conditions.compile(text).reads;
  } catch {
    // Said where it is read.
    return [];
  }
}

interface RuleConditions {
  level: string;
  omitStages: readonly string[];
  sample?: number | undefined;
  users: readonly string[];
  userGroups: readonly string[];
  own?: true | undefined;
}

/** True of a rule that drops or cuts something. */
export function takesAway({ level, omitStages, sample: rate }: RuleConditions): boolean {
  return level !== 'RequestResponse' || omitStages.length > 0 || rate !== undefined;
}

function hasIdentity({ users, userGroups, own }: RuleConditions): boolean {
  return users.length > 0 || userGroups.length > 0 || own === true;
}

/** `audit.k8s.io/v1` Policy (k8s.io/apiserver/pkg/apis/audit/v1/types.go) and our extensions, see index.ts. */
export const policySchema = strict({
  apiVersion: z.literal('audit.k8s.io/v1'),
  kind: z.literal('Policy'),
  metadata: z.record(z.string(), z.unknown()).optional(),
  omitStages: stageList,
  omitManagedFields: z.boolean().default(false),
  rules: z.array(rule).min(1, { error: 'at least one rule; to keep everything: - level: RequestResponse' }),
}).superRefine(({ rules }, context) => {
  const names = new Set<string>();
  for (const [index, { name = ruleName(index), sample: rate }] of rules.entries()) {
    const path = ['rules', index, 'name'];
    const add = (message: string) => context.addIssue({ code: 'custom', path, message });
    for (const counted of rate === undefined ? [name] : [name, sampleName(name, rate)]) {
      if (names.has(counted)) add(`"${counted}" names an earlier rule`);
      if (!ruleNameForm.test(counted))
        add(`too long: what is not in the sample is counted under "${counted}"`);
      names.add(counted);
    }
  }
});

export type PolicyText = z.output<typeof policySchema>;
export type RuleText = PolicyText['rules'][number];

/** What a rule without a name is counted under. */
export function ruleName(index: number): string {
  return `rule-${index}`;
}

/** What is counted under it that a rule leaves out of its sample: the manifest says the rate by it. */
export function sampleName(name: string, rate: number): string {
  return `${name}.sample-${rate}`;
}
