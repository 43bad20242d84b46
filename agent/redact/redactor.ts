import { bodyMembers, codeOf, isFields, textOf } from '../event/index.ts';
import type { AuditEvent } from '../event/index.ts';
import { cutMembers } from '../json/index.ts';
import { decodedLine } from './decoded.ts';
import { isOwnAnnotation, mayQuote, secretsInEvent } from './find.ts';
import type { About } from './find.ts';
import { mayHoldSecret } from './gate.ts';
import { markOf } from './mark.ts';
import type { RedactKey } from './mark.ts';
import { isSecretName } from './names.ts';
import { matchesResource, OwnRuleSet } from './own-rules.ts';
import type { ExceptionText, OwnRuleText } from './schema.ts';
import { configMapMembers, secretMembersOfResource } from './secret-members.ts';
import { sitesOf } from './site.ts';
import type { RedactionSite } from './site.ts';
import { disjoint } from './span.ts';
import type { Span } from './span.ts';
import { secretsInLine } from './text.ts';
import { tokenResources } from './uri.ts';

export interface RedactorOptions {
  key?: RedactKey | undefined;
  /** Whether all values of environment variables are secrets, not only those with a secret-like name. */
  wholeEnvironment: boolean;
  /** Whether all that ConfigMaps hold is secret. Default: what the rules find in it. */
  wholeConfigMaps?: boolean;
  /** Resources whose events lose their bodies: `RESOURCE` or `RESOURCE.GROUP`, RESOURCE may be `*`. */
  withoutBodies?: readonly string[];
  /** The configuration's own, and what is no secret. */
  rules?: readonly OwnRuleText[];
  exceptions?: readonly ExceptionText[];
}

/** A line without its secrets. */
export interface Redacted {
  readonly bytes: Buffer;
  /** How many values were redacted, by rule. */
  readonly counts: ReadonlyMap<string, number>;
}

const bodiesRule = 'without-bodies';

/** Takes secrets out of lines before the first byte of them is sealed. What is no secret stays byte for byte as it is. */
export class Redactor {
  readonly #options: RedactorOptions;
  readonly #own: OwnRuleSet;
  /** Whether annotations are the apiserver's own, by the object that equal ones share. */
  readonly #ownAnnotations = new WeakMap<object, boolean>();

  constructor(options: RedactorOptions) {
    this.#options = options;
    this.#own = new OwnRuleSet(options.rules ?? [], options.exceptions ?? []);
  }

  /**
   * @param line what policy left of an event's bytes
   * @param isWithoutBodies policy cut the bodies
   * @returns undefined where it holds no secret
   */
  event(line: Buffer, event: AuditEvent, isWithoutBodies: boolean): Redacted | undefined {
    const left = isWithoutBodies ? line : this.#withoutBodies(line, event);
    const isBare = isWithoutBodies || left !== line;
    const redacted = this.#mayHold(left, event, isBare)
      ? this.#without(left, this.#inEvent(left, event, isBare))
      : undefined;
    if (left === line) return redacted;
    return {
      bytes: redacted?.bytes ?? left,
      counts: new Map([...(redacted?.counts ?? []), [bodiesRule, 1]]),
    };
  }

  /** The same for a line that is no event, or the beginning of one that is too long. */
  text(line: Buffer): Redacted | undefined {
    return this.#without(line, this.#inText(line));
  }

  /**
   * Which rule would redact what of a line, in the order of the line: of an event (`event`, of what policy left) or of what is
   * none.
   */
  explain(line: Buffer, event: AuditEvent | undefined, isWithoutBodies: boolean): RedactionSite[] {
    if (event === undefined)
      return this.#inText(line).map(({ rule, start }) => ({ rule, path: '', offset: start }));
    const cuts = !isWithoutBodies && this.#cutsBodies(event);
    const sites = sitesOf(decodedLine(line), this.#inEvent(line, event, isWithoutBodies || cuts));
    if (!cuts) return sites;
    const bodies = [...bodyMembers].flatMap((member) => {
      const offset = line.indexOf(`"${member}"`);
      return offset < 0 ? [] : [{ rule: bodiesRule, path: `/${member}`, offset }];
    });
    return [...sites.filter((site) => !isInBody(site)), ...bodies].toSorted((a, b) => a.offset - b.offset);
  }

  /** All of a text of which nobody knows what came before it. */
  whole(text: Buffer): Redacted | undefined {
    if (text.length === 0) return undefined;
    return this.#without(text, [
      { start: 0, end: text.length, rule: 'text', value: text.toString('latin1') },
    ]);
  }

  /** Whether a rule may find something: most lines pay for these scans alone. */
  #mayHold(line: Buffer, event: AuditEvent, isWithoutBodies: boolean): boolean {
    const { resource, group } = resourceOf(event);
    return (
      mayHoldSecret(line) ||
      tokenResources.has(resource) ||
      this.#isAsked(line) ||
      this.#own.for(resource, group).gate.isIn(line) ||
      this.#mayShow(line, event, isWithoutBodies)
    );
  }

  /** In order, none overlapping. */
  #inEvent(line: Buffer, event: AuditEvent, isWithoutBodies: boolean): Span[] {
    return disjoint(secretsInEvent(decodedLine(line), this.#aboutOf(event, isWithoutBodies)));
  }

  /** Whether what the settings make a secret may be in it. */
  #isAsked(line: Buffer): boolean {
    const { wholeEnvironment, wholeConfigMaps } = this.#options;
    return (
      (wholeEnvironment && (line.includes('env"') || line.includes('env\\'))) ||
      (wholeConfigMaps === true && line.includes('ConfigMap'))
    );
  }

  #inText(line: Buffer): Span[] {
    return disjoint(secretsInLine(decodedLine(line), this.#own.for(undefined, undefined)));
  }

  /** Whether something may show what its bodies hold, or held. */
  #mayShow(line: Buffer, event: AuditEvent, isWithoutBodies: boolean): boolean {
    const isSecret = this.#secretMembersOf(event).size > 0;
    if (!isSecret && !isWithoutBodies) return false;
    if (mayQuote(codeOf(event.responseStatus)) || !this.#isOwn(event.annotations)) return true;
    return isSecret && [...bodyMembers].some((member) => line.includes(member));
  }

  #isOwn(annotations: unknown): boolean {
    if (annotations === undefined) return true;
    if (!isFields(annotations)) return false;
    let known = this.#ownAnnotations.get(annotations);
    if (known === undefined) {
      known = Object.keys(annotations).every(isOwnAnnotation);
      this.#ownAnnotations.set(annotations, known);
    }
    return known;
  }

  #cutsBodies(event: AuditEvent): boolean {
    const { withoutBodies = [] } = this.#options;
    if (withoutBodies.length === 0) return false;
    const { resource, group } = resourceOf(event);
    return resource !== '' && matchesResource(withoutBodies, resource, group);
  }

  #withoutBodies(line: Buffer, event: AuditEvent): Buffer {
    if (!this.#cutsBodies(event)) return line;
    const pieces = cutMembers(line, bodyMembers);
    return pieces.length === 1 && pieces[0]!.length === line.length ? line : Buffer.concat(pieces);
  }

  #isConfigMap(event: AuditEvent): boolean {
    const { resource, group } = resourceOf(event);
    return this.#options.wholeConfigMaps === true && resource === 'configmaps' && group === undefined;
  }

  #secretMembersOf(event: AuditEvent): ReadonlySet<string> {
    const { resource, group } = resourceOf(event);
    return this.#isConfigMap(event) ? configMapMembers : secretMembersOfResource(resource, group);
  }

  #aboutOf(event: AuditEvent, isWithoutBodies: boolean): About {
    const { resource, group, name } = resourceOf(event);
    const { wholeEnvironment, wholeConfigMaps = false } = this.#options;
    const secretMembers = this.#secretMembersOf(event);
    return {
      secretMembers,
      secretRule: this.#isConfigMap(event) ? 'config-map' : 'secret-data',
      isSecretlyNamed: isSecretName(name),
      isRights: group === 'rbac.authorization.k8s.io',
      isTokenName: tokenResources.has(resource),
      isConfidential: secretMembers.size > 0 || isWithoutBodies,
      code: codeOf(event.responseStatus),
      wholeEnvironment,
      wholeConfigMaps,
      own: this.#own.for(resource, group),
    };
  }

  #without(line: Buffer, spans: readonly Span[]): Redacted | undefined {
    if (spans.length === 0) return undefined;
    const pieces: Buffer[] = [];
    const counts = new Map<string, number>();
    let from = 0;
    for (const span of spans) {
      pieces.push(line.subarray(from, span.start), Buffer.from(markOf(span, this.#options.key)));
      counts.set(span.rule, (counts.get(span.rule) ?? 0) + 1);
      from = span.end;
    }
    return { bytes: Buffer.concat([...pieces, line.subarray(from)]), counts };
  }
}

function isInBody({ path }: RedactionSite): boolean {
  return bodyMembers.has(path.split('/')[1] ?? '');
}

function resourceOf({ objectRef }: AuditEvent): {
  resource: string;
  group: string | undefined;
  name: string;
} {
  const object = isFields(objectRef) ? objectRef : {};
  return {
    resource: textOf(object['resource']) ?? '',
    group: textOf(object['apiGroup']),
    name: textOf(object['name']) ?? '',
  };
}
