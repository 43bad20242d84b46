import { assignmentsIn, isMemberValue } from './assignments.ts';
import { textOfBase64 } from './base64.ts';
import { partOf, unescaped } from './decoded.ts';
import type { Decoded } from './decoded.ts';
import { mayHoldSecret } from './gate.ts';
import { literalsIn } from './literals.ts';
import { manifestSecretsIn } from './manifests.ts';
import { isSecretName } from './names.ts';
import { nestedMax } from './nested.ts';
import { isExcepted, narrowed, unnamedIn } from './own-rules.ts';
import type { OwnRules } from './own-rules.ts';
import type { PathState } from './path-patterns.ts';
import {
  anySecretMember,
  configMapMembers,
  dataMembers,
  secretMembersOf,
  secretNames,
} from './secret-members.ts';
import { spanOf } from './span.ts';
import type { RuleName, Span } from './span.ts';
import { secretsInArgument, secretsInUri } from './uri.ts';
import { endOfRun, unitsOf } from './units.ts';
import { isNoteName, walkJson } from './walk.ts';
import type { Frame, Notes, StringValue, Visitor } from './walk.ts';

/** What is known of a line from its head. */
export interface About {
  /** Members of the object all of whose content is secret: `data` of a Secret. */
  readonly secretMembers: ReadonlySet<string>;
  /** The rule that takes them. */
  readonly secretRule: RuleName;
  /** The name of the object says that its value is a secret. */
  readonly isSecretlyNamed: boolean;
  /** The name of the object is a token of OpenShift's oauth-server. */
  readonly isTokenName: boolean;
  /** No member beside the bodies may show what they hold: it is a Secret, or policy left no bodies. */
  readonly isConfidential: boolean;
  /** The object gives rights, and holds nothing else: a refusal may quote it. */
  readonly isRights: boolean;
  /** The status code of a refusal that names its object and quotes nothing of it; see `namesOnly`. */
  readonly code: number | undefined;
  /** All values of environment variables are secrets. */
  readonly wholeEnvironment: boolean;
  /** So is all that ConfigMaps hold. */
  readonly wholeConfigMaps: boolean;
  /** Rules and exceptions of the configuration. */
  readonly own: OwnRules;
}

const bodies = new Set(['requestObject', 'responseObject']);
const argumentMembers = new Set(['args', 'command']);
/** Members that hold the value of what a member beside them names: of variables, parameters, headers, settings. */
const valueMembers = new Set(['value', 'values', 'default', 'string', 'array', 'map']);
/** Members whose string is a text in base64, if it looks like one. */
const base64Names = ['base64', 'userdata', 'kubeconfig'];
const proseMembers = new Set(['message', 'note']);
/**
 * Annotations that the apiserver itself writes, of names and decisions alone. Webhooks and ValidatingAdmissionPolicies write
 * what they like under keys of their own, parts of the object included (kubernetes/kubernetes#77824).
 */
const ownAnnotations = [
  'apiserver.latency.k8s.io/',
  'audit.k8s.io/',
  'authentication.k8s.io/',
  'authentication.kubernetes.io/',
  'authentication.openshift.io/',
  'authorization.k8s.io/',
  'failed-open.',
  'k8s.io/',
  'mutation.webhook.admission.k8s.io/',
  'pod-security.kubernetes.io/',
];
/** What webhooks of clouds put into `user.extra`: a credential (EKS), or a signed statement that can be used like one (GKE). */
const secretExtras = ['accesskeyid', 'assertion'];
/** Codes whose messages hold names, versions and media types alone: unauthorized, not found, not allowed, conflict, gone, too many. */
const namesOnly: ReadonlySet<number> = new Set([401, 404, 405, 406, 409, 410, 415, 429]);
/**
 * What an object begins with that a message quotes: as JSON, as Go prints a map, or as the difference between two. The apiserver
 * does so where a patch fails, a body is of another kind, or a Pod's members cannot be changed; so do webhooks that deny.
 */
const quotes = ['{', 'map[', '@@ -'];
/** A member that is refused is quoted behind its path: `spec.password: Invalid value: "x"`. */
const invalidValue = ': Invalid value: ';
const noteBytesMax = 1024;
const pathPartsMax = 64;

/** Secrets of an audit event, in whatever member. */
export function secretsInEvent(line: Decoded, about: About): Span[] {
  const finder = new Finder(line, about, { nested: 0 });
  walkJson(line, finder);
  return about.own.isEmpty ? finder.spans : kept(finder.spans, about.own);
}

/** What the configuration's exceptions leave. */
export function kept(spans: readonly Span[], own: OwnRules): Span[] {
  return spans.flatMap((span) => {
    const left = narrowed(span, own);
    return left === undefined || isExcepted(left, own) ? [] : [left];
  });
}

/** What is known of a text by where it stands. */
interface Around {
  /** How many texts it is in. */
  readonly nested: number;
  /** A message for people. */
  readonly isProse?: boolean;
  /** The name of the member that it is the value of. */
  readonly name?: string;
  readonly path?: PathState | undefined;
}

/** Secrets of a text that may be JSON, or hold some. */
function secretsInText(text: Decoded, about: About, around: Around): Span[] {
  const { nested, isProse, name, path } = around;
  const first = text.text[endOfRun(text.text, 0, whiteSpace)];
  if ((first === '{' || first === '[') && nested < nestedMax) {
    const finder = new Finder(text, about, { nested: nested + 1, name: name ?? '', path });
    if (walkJson(text, finder)) return finder.spans;
  }
  return [...manifestSecretsIn(text), ...assignmentsIn(text, isProse, about.own.names), ...literalsIn(text)];
}

const whiteSpace = unitsOf(' \t\r\n');
const digits = unitsOf('0-9');
const resourceUnits = unitsOf('a-z', '.');

/** Looks at each string of a JSON text: an event, an object of Kubernetes, or anything else that a client sent. */
class Finder implements Visitor {
  readonly spans: Span[] = [];
  readonly #text: Decoded;
  readonly #about: About;
  /** 0 for an event; 1 and more for an object inside a string of it. */
  readonly #nested: number;
  /** Strings that are secrets if an object around them turns out to be one, in order. */
  readonly #candidates: Span[] = [];
  /** Runs of them that were taken: where each begins and ends. */
  readonly #taken = new Map<number, number>();
  /** The name of the text's own object or array. */
  readonly #name: string;
  /** Of the string that it is in. */
  readonly #base: PathState | undefined;
  #openRanges = 0;

  constructor(text: Decoded, about: About, { nested, name = '', path }: Around) {
    this.#text = text;
    this.#about = about;
    this.#nested = nested;
    this.#name = name;
    this.#base = path;
  }

  onKey(frame: Frame): void {
    this.#endRange(frame);
    const of = rangeOf(frame.key);
    if (of === undefined) return;
    (frame.notes.ranges ??= []).push({ of, member: frame.key, from: this.#candidates.length });
    this.#openRanges += 1;
  }

  onString(value: StringValue): void {
    const { frames } = value;
    const decoded = unescaped(this.#text, value.from, value.to);
    if (decoded.text === '') return;
    const top = frames.at(-1);
    if (top === undefined)
      return add(this.spans, secretsInText(decoded, this.#about, { nested: this.#nested }));
    this.#note(top, decoded.text);
    const { own } = this.#about;
    const path = own.paths.isEmpty ? undefined : own.paths.at(frames, this.#base);
    if (this.#openRanges > 0)
      this.#candidates.push({ ...spanOf(decoded, 0, decoded.text.length, 'environment'), path });
    const isHead = this.#nested === 0 && !bodies.has(frames[0]!.key);
    const found = isHead ? this.#inHead(frames, decoded, path) : this.#inBody(frames, decoded, path);
    if (own.isEmpty) return add(this.spans, found);
    const name = top.valueName;
    for (const span of [...found, ...unnamedIn(decoded, own, path)])
      this.spans.push({ ...span, name: span.name ?? name, path: span.path ?? path });
  }

  onClose(frame: Frame, frames: readonly Frame[]): void {
    this.#endRange(frame);
    const { kind, encoding, ranges } = frame.notes;
    // `metadata.name` names what stands beside `metadata`.
    if (frame.name === 'metadata' && frame.notes.name !== undefined) {
      const parent = frames.at(-1);
      if (parent !== undefined && !parent.isArray) parent.notes.objectName = frame.notes.name;
    }
    if (ranges === undefined) return;
    const members = secretMembersOf(kind) ?? (secretNames.has(frame.name) ? dataMembers : undefined);
    const isConfigMap = this.#about.wholeConfigMaps && kind === 'ConfigMap';
    const valueRule = this.#ruleOfValue(frame, frames.length);
    for (const range of ranges) {
      const { of, member, from, to } = range;
      if (of === 'secret') {
        if (members?.has(member) || this.#about.secretMembers.has(member))
          add(this.spans, this.#candidatesOf(from, to, this.#about.secretRule));
        else if (isConfigMap && configMapMembers.has(member))
          add(this.spans, this.#candidatesOf(from, to, 'config-map'));
        else if (frame.name === 'spec' && !range.isPassedOn) this.#passOn(range, frames.at(-1));
      } else if (of === 'value' && valueRule !== undefined)
        add(
          this.spans,
          this.#candidatesOf(from, to, valueRule.rule)
            .filter(({ value }) => isMemberValue(value))
            .map((span) => ({ ...span, name: valueRule.name })),
        );
      else if (of === 'content' && encoding?.toLowerCase().includes('base64'))
        add(
          this.spans,
          this.#candidatesOf(from, to, 'base64').filter(({ value }) => this.#isSecretBase64(value) ?? true),
        );
    }
  }

  /** Of `spec` the kind is in the object around it. Once, or nested ones would cost their square. */
  #passOn(range: Range, parent: Frame | undefined): void {
    if (parent === undefined || parent.isArray) return;
    (parent.notes.ranges ??= []).unshift({ ...range, isPassedOn: true });
  }

  /** The rule by which what an object calls its value is a secret, and the name that says so. */
  #ruleOfValue({ notes, name }: Frame, level: number): { rule: string; name: string } | undefined {
    const { own, wholeEnvironment, isSecretlyNamed } = this.#about;
    for (const one of [notes.name, notes.header, notes.key, notes.objectName]) {
      const rule = one === undefined ? undefined : own.names.ruleOf(one, 'environment');
      if (rule !== undefined) return { rule, name: one as string };
    }
    const isSecret =
      (wholeEnvironment && name === 'env') ||
      (isSecretlyNamed && this.#nested === 0 && level === 1) ||
      (notes.path !== undefined && this.#isSecretPath(notes.path));
    return isSecret ? { rule: 'environment', name: notes.name ?? '' } : undefined;
  }

  /** @returns undefined where it is no base64 of a text */
  #isSecretBase64(value: string): boolean | undefined {
    const text = textOfBase64(value);
    if (text === undefined) return undefined;
    return secretsInText(text, this.#about, { nested: this.#nested + 1 }).length > 0;
  }

  /** Each candidate is taken at most once, by the innermost object that makes it a secret: else nesting would cost its square. */
  #candidatesOf(from: number, to: number | undefined, rule: Span['rule']): Span[] {
    const taken: Span[] = [];
    for (let at = from; at < (to ?? from);) {
      const end = this.#taken.get(at);
      if (end !== undefined) at = end;
      else taken.push({ ...(this.#candidates[at++] as Span), rule });
    }
    if (to !== undefined && to > from) this.#taken.set(from, to);
    return taken;
  }

  #endRange(frame: Frame): void {
    const last = frame.notes.ranges?.at(-1);
    if (last === undefined || last.to !== undefined) return;
    last.to = this.#candidates.length;
    this.#openRanges -= 1;
  }

  /** A JSON Patch (RFC 6902) of a Secret's data, or of a member with a secret-like name. */
  #isSecretPath(path: string): boolean {
    const parts = path.split('/', pathPartsMax);
    if (parts.some((part) => this.#about.secretMembers.has(part))) return true;
    const last = parts.at(-1) ?? '';
    if (parts.length === 2 && valueMembers.has(last) && this.#about.isSecretlyNamed) return true;
    const isPlace = last === '-' || last === 'value' || endOfRun(last, 0, digits) === last.length;
    // Which variable it is the value of, only the object says that is patched.
    if (last === 'value' && parts.at(-3) === 'env') return true;
    return this.#about.own.names.ruleOf(isPlace ? (parts.at(-2) ?? '') : last, 'environment') !== undefined;
  }

  /** Keeps what its object is called: only when it closes is known what that means for its other members. */
  #note(top: Frame, text: string): void {
    if (top.isArray || text.length > noteBytesMax) return;
    if (isNoteName(top.key)) top.notes[top.key] = text;
  }

  #inHead(frames: readonly Frame[], decoded: Decoded, path: PathState | undefined): Span[] {
    const whole = (rule: Span['rule']) => [spanOf(decoded, 0, decoded.text.length, rule)];
    const [member, second] = [frames[0]!.key, frames[1]];
    switch (member) {
      case 'requestURI':
        return secretsInUri(decoded, this.#about.own.names);
      case 'objectRef':
        return this.#about.isTokenName && second?.key === 'name' ? whole('oauth-token') : [];
      case 'annotations':
        if (this.#about.isConfidential && !isOwnAnnotation(second?.key ?? '')) return whole('admission');
        return secretsInText(decoded, this.#about, { nested: this.#nested, isProse: true, path });
      case 'responseStatus':
        return frames.at(-1)!.valueName === 'message'
          ? this.#inMessage(decoded, path)
          : secretsInText(decoded, this.#about, { nested: this.#nested, isProse: true, path });
      case 'user':
      case 'impersonatedUser':
        if (second?.key === 'extra' && this.#isSecretExtra(frames[2]?.key ?? '')) return whole('user-extra');
        return literalsIn(decoded);
      case 'userAgent':
        return secretsInText(decoded, this.#about, { nested: this.#nested, isProse: true, path });
      default:
        return literalsIn(decoded);
    }
  }

  #isSecretExtra(key: string): boolean {
    const name = key.toLowerCase();
    return secretExtras.some((one) => name.includes(one)) || isSecretName(key);
  }

  #inMessage(decoded: Decoded, path: PathState | undefined): Span[] {
    const { text } = decoded;
    if (this.#quotesObject(text)) return [spanOf(decoded, 0, text.length, 'status')];
    const from = this.#about.isRights ? text.length : secretQuoteIn(text);
    const said = partOf(decoded, 0, from);
    const spans = [
      ...secretsInText(said, this.#about, { nested: this.#nested, isProse: true, path }),
      ...invalidIn(said),
    ];
    if (from < text.length) spans.push(spanOf(decoded, from, text.length, 'status'));
    return spans;
  }

  /** A refusal of what is invalid quotes the object, a failed patch of a Secret all of it, what it held before included. */
  #quotesObject(message: string): boolean {
    const { isConfidential, code } = this.#about;
    if (!isConfidential || !mayQuote(code)) return false;
    // A webhook denies with 403, too, in words of its own.
    return !(code === 403 && isRefusalOfUser(message));
  }

  #inBody(frames: readonly Frame[], decoded: Decoded, path: PathState | undefined): Span[] {
    const top = frames.at(-1)!;
    const { text } = decoded;
    const { names } = this.#about.own;
    const name = top.valueName === '' ? this.#name : top.valueName;
    // What a refusal says is written into the response, too.
    if (name === 'message' && frames[0]!.key === 'responseObject' && (this.#about.code ?? 0) >= 400)
      return this.#inMessage(decoded, path);
    const whole = (rule: string, by = name) => [{ ...spanOf(decoded, 0, text.length, rule), name: by }];
    const around = top.name === '' ? this.#name : top.name;
    if (isMemberValue(text)) {
      const rule = names.ruleOf(name, 'name');
      if (rule !== undefined) return whole(rule);
      const ruleAround = !top.isArray && top.key === 'value' ? names.ruleOf(around, 'name') : undefined;
      if (ruleAround !== undefined) return whole(ruleAround, around);
    }
    if (top.isArray && argumentMembers.has(name)) {
      const { before } = top.notes;
      top.notes.before = text.slice(0, noteBytesMax);
      return secretsInArgument(decoded, before, names);
    }
    if (name === 'list' && top.name === 'chpasswd') return whole('name');
    if (isBase64Name(name) && this.#isSecretBase64(text)) return whole('base64');
    return secretsInText(decoded, this.#about, {
      nested: this.#nested,
      isProse: proseMembers.has(name),
      name,
      path,
    });
  }
}

/** Whether the apiserver writes an annotation of this name. */
export function isOwnAnnotation(name: string): boolean {
  return ownAnnotations.some((own) => name.startsWith(own));
}

/** Whether a message of this code may quote its object. */
export function mayQuote(code: number | undefined): boolean {
  return code !== undefined && code >= 400 && !namesOnly.has(code);
}

type Range = NonNullable<Notes['ranges']>[number];

/** What strings below a member may turn out to be. */
function rangeOf(key: string): Range['of'] | undefined {
  if (anySecretMember.has(key)) return 'secret';
  if (valueMembers.has(key)) return 'value';
  return key === 'content' || key === 'contents' ? 'content' : undefined;
}

function isBase64Name(name: string): boolean {
  if (name.length > noteBytesMax) return false;
  const lower = name.toLowerCase();
  return base64Names.some((one) => lower.includes(one));
}

/** `pods "x" is forbidden: User "y" cannot …`: the words of the apiserver's own authorizer. */
function isRefusalOfUser(message: string): boolean {
  const at = message.indexOf(' is forbidden: User "');
  if (at < 0 || at > noteBytesMax) return false;
  const end = endOfRun(message, 0, resourceUnits);
  return (
    end > 0 && (end === at || (message.startsWith(' "', end) && message.indexOf('"', end + 2) === at - 1))
  );
}

/** Where a message begins to quote an object that may hold a secret; its length if it does not. */
function secretQuoteIn(text: string): number {
  const found = quotes.map((quote) => text.indexOf(quote)).filter((at) => at >= 0);
  const from = Math.min(text.length, ...found);
  // The quote that ends the message ends its last name, too.
  return mayHoldSecret(Buffer.from(`${text.slice(from)}"`, 'latin1')) ? from : text.length;
}

/** Values of members with a secret-like name that were refused. */
function invalidIn(said: Decoded): Span[] {
  const { text } = said;
  const at = text.indexOf(invalidValue);
  if (at < 0 || !isSecretName(text.slice(text.lastIndexOf(' ', at - 1) + 1, at))) return [];
  return [spanOf(said, at + invalidValue.length, text.length, 'status')];
}

/** Not by a spread: a line can hold a million. */
function add(spans: Span[], more: readonly Span[]): void {
  for (const span of more) spans.push(span);
}
