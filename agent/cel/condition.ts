import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import type { ASTNode, ParseResult } from '@marcbachmann/cel-js';
import { messageOf } from '../error.ts';
import { Analysis } from './analysis.ts';
import { CelError } from './error.ts';
import { eventTypes } from './event.ts';
import type { CelEvent } from './event.ts';

/** Of characters of a condition: what one person can still read. */
const lengthMax = 4096;
const limits = {
  maxAstNodes: 1000,
  maxDepth: 32,
  maxListElements: 500,
  maxMapEntries: 100,
  maxCallArguments: 8,
};

/** Why a condition is neither true nor false of an event. `code` is of the library, or `failed`; it holds nothing of the event. */
export interface Undecided {
  readonly code: string;
}

/** What a condition is asked about. */
export type CelValues = Readonly<{ event: CelEvent }> & Readonly<Record<string, unknown>>;

/** A condition that was compiled. Made by {@link Conditions}. */
export class Condition {
  readonly text: string;
  /** Paths of the members that it reads, sorted: `event.requestObject.spec.hostPID`, `event.user.username`. */
  readonly reads: readonly string[];
  readonly #evaluate: ParseResult;

  constructor(text: string, reads: readonly string[], evaluate: ParseResult) {
    this.text = text;
    this.reads = reads;
    this.#evaluate = evaluate;
  }

  /** Its checked tree, for who evaluates many conditions in a way of his own. */
  get ast(): ASTNode {
    return this.#evaluate.ast;
  }

  /** Whether it reads a body, so that these have to be parsed. */
  get readsBodies(): boolean {
    return this.reads.some((path) => /^event\.(?:request|response)Object\b/u.test(path));
  }

  /** Never throws. Neither true nor false is, for example, a condition about a member of a body that is not there. */
  evaluate(values: CelValues): boolean | Undecided {
    try {
      const value: unknown = this.#evaluate(values);
      return typeof value === 'boolean' ? value : undecided;
    } catch (error) {
      return error instanceof EvaluationError ? { code: error.code } : undecided;
    }
  }
}

const undecided: Undecided = { code: 'failed' };

/**
 * Compiles conditions in the Common Expression Language (https://cel.dev) about an audit event, the variable `event`.
 *
 * Its members are typed: a name that an event does not have is refused, with a caret below it. `matches`, `cel.bind` and `json`
 * are not there, sizes are limited, and a condition can only cost as much as an event is long (see {@link Analysis}).
 */
export class Conditions {
  readonly #environment: Environment;
  readonly #variables: Readonly<Record<string, string>>;

  /** @param variables CEL types by name, of what else is given with each event */
  constructor(variables: Readonly<Record<string, string>> = {}) {
    this.#variables = variables;
    const environment = new Environment({
      unlistedVariablesAreDyn: false,
      enableOptionalTypes: true,
      homogeneousAggregateLiterals: true,
      limits,
    });
    for (const [name, type] of Object.entries(eventTypes)) environment.registerType(name, type);
    environment.registerVariable('event', 'Event');
    for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
    this.#environment = environment;
  }

  /** @throws CelError `invalid`: why, and where by a caret */
  compile(text: string): Condition {
    if (text.length > lengthMax) throw new CelError('invalid', `is longer than ${lengthMax} characters`);
    try {
      const parsed = this.#environment.parse(text);
      const { reads } = new Analysis(parsed.ast, this.#variables);
      const { valid, type, error } = parsed.check();
      if (!valid) throw error ?? new Error('is not valid');
      // A member of a body has any type: what it is only its events say.
      if (type !== 'bool' && type !== 'dyn')
        throw new Error(`must be true or false, and is ${type}: compare it with something`);
      return new Condition(text, [...reads].toSorted(), parsed);
    } catch (error) {
      throw new CelError('invalid', messageOf(error), { cause: error });
    }
  }
}
