import { assignmentsIn, isValue } from './assignments.ts';
import { unescaped } from './decoded.ts';
import type { Decoded } from './decoded.ts';
import { literalsIn } from './literals.ts';
import { isSecretName } from './names.ts';
import { nestedMax } from './nested.ts';
import { spanOf } from './span.ts';
import type { Span } from './span.ts';
import { secretsInArgument, secretsInUri } from './uri.ts';
import { walkJson } from './walk.ts';
import type { Frame, StringValue, Visitor } from './walk.ts';

/** What is known of a line from its head. */
export interface About {
  /** The object is a Secret: all that its `data` holds is one. */
  readonly isSecret: boolean;
  /** The name of the object is a token of OpenShift's oauth-server. */
  readonly isTokenName: boolean;
  /** No member beside the bodies may show what they hold: it is a Secret, or policy left no bodies. */
  readonly isConfidential: boolean;
  /** The status code of a refusal that names its object and quotes nothing of it; see `namesOnly`. */
  readonly code: number | undefined;
  /** All values of environment variables are secrets. */
  readonly wholeEnvironment: boolean;
}

const bodies = new Set(['requestObject', 'responseObject']);
const dataMembers = new Set(['data', 'stringData']);
const argumentMembers = new Set(['args', 'command']);
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
/** What webhooks of clouds put into `user.extra`: a credential, or a signed statement that can be used like one. */
const secretExtras = ['accessKeyId', 'iam.gke.io/user-assertion', 'user-assertion.cloud.google.com'];
/** Codes whose messages hold names, versions and media types alone: unauthorized, not found, not allowed, conflict, gone, too many. */
const namesOnly: ReadonlySet<number> = new Set([401, 404, 405, 406, 409, 410, 415, 429]);
const noteBytesMax = 1024;
const pathPartsMax = 64;

/** Secrets of an audit event, in whatever member. */
export function secretsInEvent(line: Decoded, about: About): Span[] {
  const finder = new Finder(line, about, 0);
  walkJson(line, finder);
  return finder.spans;
}

/** Secrets of a text that may be JSON, or hold some. */
export function secretsInText(text: Decoded, about: About, nested = 0, isProse = false): Span[] {
  const first = text.text.trimStart()[0];
  if ((first === '{' || first === '[') && nested < nestedMax) {
    const finder = new Finder(text, about, nested + 1);
    if (walkJson(text, finder)) return finder.spans;
  }
  return [...assignmentsIn(text, isProse), ...literalsIn(text)];
}

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
  #openRanges = 0;

  constructor(text: Decoded, about: About, nested: number) {
    this.#text = text;
    this.#about = about;
    this.#nested = nested;
  }

  onKey(frame: Frame): void {
    this.#endRange(frame);
    const of = dataMembers.has(frame.key) ? 'data' : frame.key === 'value' ? 'value' : undefined;
    if (of === undefined) return;
    (frame.notes.ranges ??= []).push({ of, from: this.#candidates.length });
    this.#openRanges += 1;
  }

  onString(value: StringValue): void {
    const { frames } = value;
    const decoded = unescaped(this.#text, value.from, value.to);
    if (decoded.text === '') return;
    const top = frames.at(-1);
    if (top === undefined) return add(this.spans, secretsInText(decoded, this.#about, this.#nested));
    this.#note(top, decoded.text);
    if (this.#openRanges > 0) this.#candidates.push(spanOf(decoded, 0, decoded.text.length, 'environment'));
    const isHead = this.#nested === 0 && !bodies.has(frames[0]!.key);
    add(this.spans, isHead ? this.#inHead(frames, decoded) : this.#inBody(frames, decoded));
  }

  onClose(frame: Frame): void {
    this.#endRange(frame);
    const { kind, name, header, path, ranges = [] } = frame.notes;
    const isSecret = kind === 'Secret' || this.#about.isSecret;
    const hasSecretName = isSecretName(name ?? header ?? '');
    const isValueSecret =
      hasSecretName ||
      (path !== undefined && this.#isSecretPath(path)) ||
      (this.#about.wholeEnvironment && frame.name === 'env');
    for (const { of, from, to } of ranges) {
      if (of === 'data' && isSecret) add(this.spans, this.#candidatesOf(from, to, 'secret-data'));
      if (of === 'value' && isValueSecret)
        add(
          this.spans,
          this.#candidatesOf(from, to, 'environment').filter(({ value }) => isValue(value)),
        );
    }
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
    const last = parts.at(-1) ?? '';
    const named = /^(?:\d+|-|value)$/.test(last) ? (parts.at(-2) ?? '') : last;
    return (this.#about.isSecret && dataMembers.has(parts[1] ?? '')) || isSecretName(named);
  }

  /** Keeps what its object is called: only when it closes is known what that means for its other members. */
  #note(top: Frame, text: string): void {
    if (top.isArray || text.length > noteBytesMax) return;
    if (top.key === 'kind' || top.key === 'name' || top.key === 'header' || top.key === 'path')
      top.notes[top.key] = text;
  }

  #inHead(frames: readonly Frame[], decoded: Decoded): Span[] {
    const whole = (rule: Span['rule']) => [spanOf(decoded, 0, decoded.text.length, rule)];
    const [member, second] = [frames[0]!.key, frames[1]];
    switch (member) {
      case 'requestURI':
        return secretsInUri(decoded);
      case 'objectRef':
        return this.#about.isTokenName && second?.key === 'name' ? whole('oauth-token') : [];
      case 'annotations':
        if (this.#about.isConfidential && !ownAnnotations.some((own) => second?.key.startsWith(own)))
          return whole('admission');
        return secretsInText(decoded, this.#about, this.#nested, true);
      case 'responseStatus':
        if (frames.at(-1)!.valueName === 'message' && this.#quotesObject(decoded.text))
          return whole('status');
        return secretsInText(decoded, this.#about, this.#nested, true);
      case 'user':
      case 'impersonatedUser':
        if (second?.key === 'extra' && secretExtras.some((key) => frames[2]?.key.includes(key)))
          return whole('user-extra');
        return literalsIn(decoded);
      default:
        return literalsIn(decoded);
    }
  }

  /** A refusal of what is invalid quotes the object, a failed patch of a Secret all of it, what it held before included. */
  #quotesObject(message: string): boolean {
    const { isConfidential, code } = this.#about;
    if (!isConfidential || code === undefined || code < 400) return false;
    if (namesOnly.has(code)) return false;
    // A webhook denies with 403, too, in words of its own.
    return !(code === 403 && /^[a-z.]+(?: "[^"]*")? is forbidden: User "/.test(message));
  }

  #inBody(frames: readonly Frame[], decoded: Decoded): Span[] {
    const top = frames.at(-1)!;
    const name = top.valueName;
    const isValueOf = !top.isArray && top.key === 'value' && isSecretName(top.name);
    if ((isSecretName(name) || isValueOf) && isValue(decoded.text))
      return [spanOf(decoded, 0, decoded.text.length, 'name')];
    if (top.isArray && argumentMembers.has(name)) {
      const { before } = top.notes;
      top.notes.before = decoded.text.slice(0, noteBytesMax);
      return secretsInArgument(decoded, before);
    }
    return secretsInText(decoded, this.#about, this.#nested);
  }
}

/** Not by a spread: a line can hold a million. */
function add(spans: Span[], more: readonly Span[]): void {
  for (const span of more) spans.push(span);
}
