import { codeOf, isFields, textOf } from '../event/index.ts';
import type { AuditEvent } from '../event/index.ts';
import { nameKeywords } from './assignments.ts';
import { decodedLine } from './decoded.ts';
import { secretsInEvent } from './find.ts';
import type { About } from './find.ts';
import { Keywords } from './keywords.ts';
import { literalKeywords } from './literals.ts';
import { markOf } from './mark.ts';
import type { RedactKey } from './mark.ts';
import { isSecretName, keyQualifiers } from './names.ts';
import { secretMembersOfResource } from './secret-members.ts';
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
}

/** A line without its secrets. */
export interface Redacted {
  readonly bytes: Buffer;
  /** How many values were redacted, by rule. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Letters of a name or a beginning may be written as escapes. */
const escapes = ['\\u004', '\\u005', '\\u006', '\\u007'];
/** What a name that ends in one of these words is followed by; `credential-id` and `authorization.k8s.io` are in every line. */
const nameEnds = ['"', '\\', '=', ':', '%', "'"];
const gate = new Keywords([
  ...nameKeywords.filter((name) => !['key', 'cred', 'authorization'].includes(name)),
  ...keyQualifiers.flatMap((word) => ['', '_', '-'].map((between) => `${word}${between}key`)),
  ...['cred', 'creds', 'credential', 'credentials', 'authorization'].flatMap((word) =>
    nameEnds.map((end) => `${word}${end}`),
  ),
  ...literalKeywords,
  // curl -u user:password
  '"-u"',
  '=-u',
  '--user',
  // As URIs write `://`.
  '%3a%2f%2f',
  'bearer',
  'base64',
  'userdata',
  'kubeconfig',
  'keydata',
  'key-data',
  'key_data',
  'generatorstate',
  '"fake',
  ...escapes,
]);

/** Takes secrets out of lines before the first byte of them is sealed. What is no secret stays byte for byte as it is. */
export class Redactor {
  readonly #options: RedactorOptions;

  constructor(options: RedactorOptions) {
    this.#options = options;
  }

  /**
   * @param line what policy left of an event's bytes
   * @param isWithoutBodies policy cut the bodies
   * @returns undefined where it holds no secret
   */
  event(line: Buffer, event: AuditEvent, isWithoutBodies: boolean): Redacted | undefined {
    return this.#without(line, this.#inEvent(line, event, isWithoutBodies));
  }

  /** The same for a line that is no event, or the beginning of one that is too long. */
  text(line: Buffer): Redacted | undefined {
    return this.#without(line, disjoint(secretsInLine(decodedLine(line))));
  }

  /**
   * Which rule would redact what of a line, in the order of the line: of an event (`event`, of what policy left) or of what is none.
   */
  explain(line: Buffer, event: AuditEvent | undefined, isWithoutBodies: boolean): RedactionSite[] {
    const decoded = decodedLine(line);
    if (event === undefined)
      return disjoint(secretsInLine(decoded)).map(({ rule, start }) => ({ rule, path: '', offset: start }));
    return sitesOf(decoded, this.#inEvent(line, event, isWithoutBodies));
  }

  /** All of a text of which nobody knows what came before it. */
  whole(text: Buffer): Redacted | undefined {
    if (text.length === 0) return undefined;
    return this.#without(text, [
      { start: 0, end: text.length, rule: 'text', value: text.toString('latin1') },
    ]);
  }

  /** In order, none overlapping. */
  #inEvent(line: Buffer, event: AuditEvent, isWithoutBodies: boolean): Span[] {
    const about = this.#aboutOf(event, isWithoutBodies);
    // Most lines pay for this one scan alone.
    if (!about.isConfidential && !about.isTokenName && !gate.isIn(line)) return [];
    return disjoint(secretsInEvent(decodedLine(line), about));
  }

  #aboutOf({ objectRef, responseStatus }: AuditEvent, isWithoutBodies: boolean): About {
    const object = isFields(objectRef) ? objectRef : {};
    const resource = textOf(object['resource']) ?? '';
    const secretMembers = secretMembersOfResource(resource, textOf(object['apiGroup']));
    return {
      secretMembers,
      isSecretlyNamed: isSecretName(textOf(object['name']) ?? ''),
      isTokenName: tokenResources.has(resource),
      isConfidential: secretMembers.size > 0 || isWithoutBodies,
      code: codeOf(responseStatus),
      wholeEnvironment: this.#options.wholeEnvironment,
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
