import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { CelError } from '../cel/index.ts';
import { InputError, lineInYaml, parseYaml } from '../input/index.ts';
import { DetectError } from './error.ts';
import { ruleOf } from './rule.ts';
import type { Rule } from './rule.ts';
import { rulesSchema } from './schema.ts';

/** Rules that are ready to be asked, in order. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  /** `sha256:<hex>` of all that they say: the same rules have the same. */
  readonly digest: string;
}

/** Where a rule comes from. */
export interface Sources {
  /** The text of a file of rules of the user's own. */
  readonly own?: { readonly name: string; readonly text: string } | undefined;
  /** Ids of rules that are switched off. */
  readonly off?: readonly string[];
}

const builtInFolder = fileURLToPath(new URL('rules', import.meta.url));

let builtIn: readonly Rule[] | undefined;

/** The rules that come with auditseal, by file and place in it; read once, and only by who asks for them. */
export function builtInRules(): readonly Rule[] {
  builtIn ??= readdirSync(builtInFolder)
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
    .flatMap((name) => parseRules(readFileSync(join(builtInFolder, name), 'utf8'), name));
  return builtIn;
}

/**
 * The rules in force: the built-in ones, and the user's own, of which one with a built-in rule's id takes its place, without those
 * that are off.
 *
 * @throws DetectError `not-yaml` or `invalid`
 */
export function loadRules({ own, off = [] }: Sources = {}): RuleSet {
  const mine = own === undefined ? [] : parseRules(own.text, own.name);
  const replaced = new Set(mine.map(({ text }) => text.id));
  const all = [...builtInRules().filter(({ text }) => !replaced.has(text.id)), ...mine];
  const ids = new Set(all.map(({ text }) => text.id));
  const unknown = off.filter((id) => !ids.has(id));
  if (unknown.length > 0)
    throw new DetectError(
      'invalid',
      `detection.off: there is no rule ${unknown.join(', ')}; auditseal rules list shows all`,
    );
  return ruleSet(all.filter(({ text }) => !off.includes(text.id)));
}

export function ruleSet(rules: readonly Rule[]): RuleSet {
  const texts = JSON.stringify(rules.map(({ text }) => text));
  return { rules, digest: `sha256:${createHash('sha256').update(texts).digest('hex')}` };
}

/**
 * Reads a file of rules. `name` is what messages call it.
 *
 * @throws DetectError `not-yaml`, or `invalid` with the line and path of each wrong key, or each wrong condition with a caret
 */
export function parseRules(yaml: string, name: string): Rule[] {
  const parsed = rulesSchema.safeParse(yamlOf(yaml, name));
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `  ${place(yaml, path)}: ${message}`);
    throw new DetectError('invalid', `${name} is not valid:\n${lines.join('\n')}`, { cause: parsed.error });
  }
  const { rules } = parsed.data;
  const ids = rules.map(({ id }) => id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) throw new DetectError('invalid', `${name} has two rules with the id ${twice}`);
  const problems: string[] = [];
  const made = rules.flatMap((text, i) => {
    try {
      return [ruleOf(text)];
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      problems.push(`  ${place(yaml, ['rules', i])}, ${text.id}: ${indented(error.message)}`);
      return [];
    }
  });
  if (problems.length > 0)
    throw new DetectError('invalid', `${name} has conditions that cannot be used:\n${problems.join('\n')}`);
  return made;
}

function yamlOf(text: string, name: string): unknown {
  try {
    return parseYaml(text);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new DetectError('not-yaml', `${name} ${cause.message}`, { cause });
  }
}

function place(yaml: string, path: readonly PropertyKey[]): string {
  const line = lineInYaml(yaml, path);
  const written = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${line === undefined ? '' : `line ${line}: `}${written.replace(/^\./u, '') || 'the file'}`;
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n    ');
}
