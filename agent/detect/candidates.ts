import { isFields } from '../event/index.ts';
import type { AuditEvent } from '../event/index.ts';
import type { Rule } from './rule.ts';
import { Overrun } from './evaluator.ts';
import type { Evaluator } from './evaluator.ts';
import { identityOf } from './identity.ts';
import { isDenied, isFailed, unknown } from './outcome.ts';
import { isAttackTool, peerOf } from './request.ts';
import { Values } from './values.ts';

/** Branches that are remembered. A client makes up as many kinds as it likes: custom resources need not exist. */
const branchesMax = 16_384;
const unitsMax = 256;

interface Branch {
  branches: Map<string | number, Branch> | undefined;
  rules: readonly Rule[] | undefined;
}

/**
 * The rules that can fire for an event, going by its kind: who asks (a person, a node and so on), how it was answered, its stage, verb,
 * resource and level. Each condition is asked once of each kind, with all else unknown, and what it finds false then is not
 * asked again of any event of that kind. Nobody has to say what a rule is for, and none is lost.
 *
 * What a variable `from: 'kind'` reads must be told by the kind: `factsOf` and the names below.
 */
export class Candidates {
  readonly #all: readonly Rule[];
  readonly #values: Values;
  readonly #ownNamespace: string;
  readonly #root = newBranch();
  #branches = 0;

  constructor(rules: readonly Rule[], ownNamespace: string) {
    this.#all = rules;
    this.#ownNamespace = ownNamespace;
    this.#values = new Values(ownNamespace);
  }

  of(event: AuditEvent): readonly Rule[] {
    const { stage, level, verb, objectRef, responseStatus } = event;
    const code = isFields(responseStatus) ? responseStatus['code'] : undefined;
    if (code !== undefined && !isCode(code)) return this.#all;
    let branch = this.#next(this.#root, this.#factsOf(event) * 1000 + (code ?? 0));
    branch = branch && this.#next(branch, stage);
    branch = branch && this.#next(branch, verb);
    if (isFields(objectRef)) {
      branch = branch && this.#next(branch, objectRef['resource']);
      branch = branch && this.#next(branch, objectRef['subresource']);
      branch = branch && this.#next(branch, objectRef['apiGroup']);
    } else if (objectRef !== undefined) return this.#all;
    branch = branch && this.#next(branch, level);
    if (branch === undefined) return this.#all;
    return (branch.rules ??= this.#work(event));
  }

  /** What is true or false of a kind, a bit each. */
  #factsOf(event: AuditEvent): number {
    const { user, sourceIPs, userAgent, objectRef, impersonatedUser, responseStatus } = event;
    const identity = identityOf(user);
    const peer = peerOf(sourceIPs);
    return (
      (identity.isHuman ? 1 : 0) |
      (identity.isAnonymous ? 2 : 0) |
      (identity.isServiceAccount ? 4 : 0) |
      (identity.isNode ? 8 : 0) |
      (identity.isComponent ? 16 : 0) |
      (identity.isWorkloadController ? 32 : 0) |
      (isFields(impersonatedUser) ? 64 : 0) |
      (isFailed(event) ? 128 : 0) |
      (isDenied(event) ? 256 : 0) |
      (peer.isPublic ? 512 : 0) |
      (peer.isLoopback ? 1024 : 0) |
      (isAttackTool(userAgent) ? 2048 : 0) |
      (isFields(objectRef) && objectRef['namespace'] === this.#ownNamespace ? 4096 : 0) |
      // A code that is not there reads as 0, and one in what is no object cannot be read.
      (responseStatus !== undefined && !isFields(responseStatus) ? 8192 : 0)
    );
  }

  #next(branch: Branch, name: unknown): Branch | undefined {
    const key = name ?? '';
    if (typeof key !== 'string' && typeof key !== 'number') return undefined;
    const known = branch.branches?.get(key);
    if (known !== undefined) return known;
    if (name === null || this.#branches >= branchesMax || (typeof key === 'string' && key.length > unitsMax))
      return undefined;
    this.#branches += 1;
    const made = newBranch();
    (branch.branches ??= new Map()).set(key, made);
    return made;
  }

  #work(event: AuditEvent): readonly Rule[] {
    this.#values.beginKind(event);
    return this.#all.filter(
      ({ when, after }) => this.#may(when) || (after !== undefined && this.#may(after)),
    );
  }

  #may(evaluator: Evaluator): boolean {
    this.#values.steps = Infinity;
    try {
      const value = evaluator(this.#values);
      // What cannot be worked out of a kind is true of none of its events.
      return value === true || value === unknown;
    } catch (error) {
      if (error instanceof Overrun) return true;
      throw error;
    }
  }
}

function isCode(code: unknown): code is number {
  return typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= 999;
}

function newBranch(): Branch {
  return { branches: undefined, rules: undefined };
}
