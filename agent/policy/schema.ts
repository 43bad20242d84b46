import { z } from 'zod';
import { ruleNameForm } from '../seal/index.ts';

const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
const texts = z.array(z.string()).default([]);
const stageList = z.array(z.enum(stages)).default([]);

/** RFC 1123 subdomain, as k8s.io/apiserver/pkg/apis/audit/validation demands of an API group. */
const group = z
  .string()
  .max(253)
  .regex(/^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, {
    error: 'an API group without a version, as rbac.authorization.k8s.io; "" is the core group',
  });

const groupResources = z
  .strictObject({ group: group.default(''), resources: texts, resourceNames: texts })
  .refine(({ resources, resourceNames }) => resourceNames.length === 0 || resources.length > 0, {
    path: ['resourceNames'],
    error: 'using resourceNames requires at least one resource',
  });

const nonResourceURL = z.string().regex(/^(\*|\/[^*]*\*?)$/, {
  error: 'a path that begins with /, with * only as its last character, or "*"',
});

const code = z.union([z.int().min(100).max(999), z.enum(['none', '1xx', '2xx', '3xx', '4xx', '5xx'])], {
  error: 'a status code, a class as "4xx", or "none" for events without a code',
});

/** The policy's managedFields are cut by the apiserver or not at all: to claim otherwise would be a lie. */
const omitManagedFields = z
  .literal(false, { error: 'only the apiserver can omit managed fields; set it in its own audit policy' })
  .optional();

const rule = z
  .strictObject({
    level: z.enum(['None', 'Metadata', 'Request', 'RequestResponse']),
    users: texts,
    userGroups: texts,
    verbs: texts,
    resources: z.array(groupResources).default([]),
    namespaces: texts,
    nonResourceURLs: z.array(nonResourceURL).default([]),
    omitStages: stageList,
    omitManagedFields,
    name: z
      .string()
      .regex(ruleNameForm, { error: '1 to 63 letters, digits, ".", "_" or "-"' })
      .refine((name) => name !== 'default', { error: '"default" names what no rule matches' })
      .optional(),
    stages: stageList,
    codes: z.array(code).default([]),
    impersonated: z.boolean().optional(),
    own: z.literal(true, { error: 'true; without it a rule is for every object' }).optional(),
  })
  .refine(
    ({ nonResourceURLs, resources, namespaces }) =>
      nonResourceURLs.length === 0 || resources.length + namespaces.length === 0,
    {
      path: ['nonResourceURLs'],
      error: 'rules cannot apply to both regular resources and non-resource URLs',
    },
  );

/** `audit.k8s.io/v1` Policy (k8s.io/apiserver/pkg/apis/audit/v1/types.go) and our extensions, see index.ts. */
export const policySchema = z
  .strictObject({
    apiVersion: z.literal('audit.k8s.io/v1'),
    kind: z.literal('Policy'),
    metadata: z.record(z.string(), z.unknown()).optional(),
    omitStages: stageList,
    omitManagedFields,
    rules: z.array(rule).min(1, { error: 'at least one rule; to keep everything: - level: RequestResponse' }),
  })
  .superRefine(({ rules }, context) => {
    const names = new Set<string>();
    for (const [index, { name = ruleName(index) }] of rules.entries()) {
      if (names.has(name)) {
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'name'],
          message: `"${name}" names an earlier rule`,
        });
      }
      names.add(name);
    }
  });

export type PolicyText = z.output<typeof policySchema>;
export type RuleText = PolicyText['rules'][number];

/** What a rule without a name is counted under. */
export function ruleName(index: number): string {
  return `rule-${index}`;
}
