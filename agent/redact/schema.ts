import { RE2JS } from 're2js';
import { z } from 'zod';
import { ruleNames } from './span.ts';

const listMax = 64;
const nameLiteralMin = 3;

/** Linear in time whatever the text (RE2): a client writes what it is matched against. */
const pattern = z
  .string()
  .min(1)
  .max(512)
  .superRefine((text, context) => {
    const message = patternProblem(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

function patternProblem(text: string): string | undefined {
  try {
    const compiled = RE2JS.compile(text);
    if (compiled.matcher('').find()) return 'matches the empty text, so it would match everywhere';
    return compiled.groupCount() > 1 ? 'has more than one group: which of them is the secret?' : undefined;
  } catch (error) {
    return `is no regular expression of RE2 (no look-around, no back-references): ${error instanceof Error ? error.message : String(error)}`;
  }
}

const resource = z
  .string()
  .max(253)
  .regex(/^(?:\*|[a-z0-9-]+)(?:\.[a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$/, {
    error: 'must be RESOURCE of the core group or RESOURCE.GROUP, as widgets.example.com; RESOURCE may be *',
  });

const path = z
  .string()
  .max(1024)
  .regex(/^(?:\/(?:[^~]|~[01])*)$/, {
    error: 'must be a JSON Pointer (RFC 6901), as /requestObject/spec/*/blob; ~1 is a slash in a name',
  })
  .refine((text) => text.split('/').length <= 31, { error: 'must have at most 30 parts' });

const name = z
  .string()
  .max(253)
  .regex(/^\*?[A-Za-z0-9_.-]+\*?$/, {
    error: 'must be the name of a member, a variable or a flag, with * only at its ends',
  })
  .refine((text) => text.replaceAll('*', '').length >= nameLiteralMin, {
    error: `must have at least ${nameLiteralMin} characters beside *`,
  });

/** The first is at fault: it is counted, and stands in marks and metrics. */
const ruleName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, { error: 'must be 1 to 40 small letters, digits or dashes' });

const conditions = {
  resources: z.array(resource).min(1).max(listMax).optional(),
  paths: z.array(path).min(1).max(listMax).optional(),
  names: z.array(name).min(1).max(listMax).optional(),
  pattern: pattern.optional(),
};

const rule = z
  .strictObject({
    name: ruleName.refine((text) => !(ruleNames as readonly string[]).includes(text), {
      error: 'is the name of a rule that is always there',
    }),
    ...conditions,
  })
  .refine(({ paths, names, pattern: text }) => [paths, names, text].some((one) => one !== undefined), {
    error: 'must have paths, names or a pattern: else it would redact everything',
  });

const exception = z
  .strictObject({ rules: z.array(ruleName).min(1).max(listMax).optional(), ...conditions })
  .refine((one) => Object.values(one).some((value) => value !== undefined), {
    error: 'must say what it takes out: rules, resources, paths, names or a pattern',
  });

/** The section `redact` of the configuration; docs/configuration.md says what each key means. */
export const redactSchema = z
  .strictObject({
    enabled: z.boolean().default(true),
    environment: z.enum(['named', 'all']).default('named'),
    configMaps: z.enum(['named', 'all']).default('named'),
    withoutBodies: z.array(resource).max(listMax).default([]),
    rules: z.array(rule).max(listMax).default([]),
    exceptions: z.array(exception).max(listMax).default([]),
    keyFile: z
      .string()
      .startsWith('/', 'must be an absolute path')
      .refine((text) => !text.includes('\0'), { error: 'must hold no NUL: no path of a system does' })
      .optional(),
  })
  .superRefine(({ rules, exceptions }, context) => {
    const own = rules.map((one) => one.name);
    for (const [index, one] of own.entries())
      if (own.indexOf(one) < index)
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'name'],
          message: `is used twice: ${one}`,
        });
    const known = new Set<string>([...ruleNames, ...own]);
    for (const [index, one] of exceptions.entries())
      for (const [at, rules_] of (one.rules ?? []).entries())
        if (!known.has(rules_))
          context.addIssue({
            code: 'custom',
            path: ['exceptions', index, 'rules', at],
            message: `is no rule: ${rules_}`,
          });
  });

export type RedactConfig = z.output<typeof redactSchema>;
export type OwnRuleText = RedactConfig['rules'][number];
export type ExceptionText = RedactConfig['exceptions'][number];
