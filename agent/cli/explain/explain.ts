import { bodiesIn } from '../../cel/index.ts';
import {
  bodyMembers,
  cutManagedFields,
  isFields,
  parseEvent,
  responseMember,
  textOf,
} from '../../event/index.ts';
import type { AuditEvent } from '../../event/index.ts';
import { cutMembers } from '../../json/index.ts';
import type { Decision, NotHolding, Policy } from '../../policy/index.ts';
import type { RedactionSite, Redactor } from '../../redact/index.ts';

export interface ExplainedBy {
  readonly policy: Policy;
  /** Undefined where nothing is redacted. */
  readonly redactor: Redactor | undefined;
}

/** What becomes of one line, and why. It holds no value of a body, a header or an annotation. */
export interface Explained {
  /** From 1. */
  readonly line: number;
  /** Undefined where the line is no audit event, and is kept as text. */
  readonly event:
    | {
        readonly stage?: string | undefined;
        readonly verb?: string | undefined;
        readonly user?: string | undefined;
        readonly what: string;
      }
    | undefined;
  readonly decision: { readonly rule: string; readonly action: Decision['action'] } | undefined;
  /** Of each rule before the one that decided, the first condition that did not hold. */
  readonly before: readonly NotHolding[];
  /** Bodies of which managed fields are cut. */
  readonly managedFields: readonly string[];
  readonly redacted: readonly RedactionSite[];
}

/** What the agent would do with a line of an audit log, in the order in which it does it. */
export function explainLine(bytes: Buffer, line: number, { policy, redactor }: ExplainedBy): Explained {
  const event = parseEvent(bytes);
  if (event === undefined) {
    const redacted = redactor?.explain(bytes, undefined, false) ?? [];
    return { line, event: undefined, decision: undefined, before: [], managedFields: [], redacted };
  }
  const { decision, before } = policy.explain(event, bodiesIn(bytes));
  const { action, rule, omitManagedFields } = decision;
  const explained = { line, event: summaryOf(event), decision: { rule, action }, before };
  if (action === 'drop') return { ...explained, managedFields: [], redacted: [] };
  const left = leftOf(bytes, action);
  const slim = omitManagedFields ? cutManagedFields(left, event) : undefined;
  const rest = slim ? Buffer.concat(slim.pieces) : left;
  return {
    ...explained,
    managedFields: slim?.bodies ?? [],
    redacted: redactor?.explain(rest, event, action === 'metadata') ?? [],
  };
}

function leftOf(bytes: Buffer, action: Exclude<Decision['action'], 'drop'>): Buffer {
  if (action === 'keep') return bytes;
  return Buffer.concat(cutMembers(bytes, action === 'metadata' ? bodyMembers : responseMember));
}

function summaryOf({
  stage,
  verb,
  user,
  objectRef,
  requestURI,
}: AuditEvent): NonNullable<Explained['event']> {
  const reference = isFields(objectRef) ? objectRef : undefined;
  const parts = ['resource', 'namespace', 'name', 'subresource'].map((key) => textOf(reference?.[key]));
  return {
    stage: textOf(stage),
    verb: textOf(verb),
    user: isFields(user) ? textOf(user['username']) : undefined,
    // A query may hold what is to be redacted.
    what: reference
      ? parts.filter((part) => part !== undefined).join('/')
      : (textOf(requestURI) ?? '').replace(/\?.*$/su, ''),
  };
}
