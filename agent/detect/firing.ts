import type { AuditEvent } from '../event/index.ts';
import { Overrun } from './evaluator.ts';
import type { Evaluator } from './evaluator.ts';
import { unknown } from './outcome.ts';
import type { Rule } from './rule.ts';
import { Values } from './values.ts';

/** What a request asks for, and how much is written of it. */
export interface AskedFor {
  readonly verb: string;
  /** "" for a path that is no resource. */
  readonly resource: string;
  readonly subresource: string;
  readonly apiGroup: string;
  readonly stage: string;
  readonly level: string;
}

/**
 * Which of the rules can fire for one of the requests that ask for this, whoever asks and whatever is answered: their conditions with
 * all else unknown. A sequence can only if both its conditions can, which is asked apart: it is in the answer for either.
 */
export function firing(rules: readonly Rule[]): (asked: AskedFor) => { when: Rule[]; after: Rule[] } {
  const values = new Values('');
  const may = (evaluator: Evaluator | undefined) => evaluator !== undefined && isPossible(evaluator, values);
  return (asked) => {
    // A RequestReceived is not asked about: see Detector.
    if (asked.stage === 'RequestReceived') return { when: [], after: [] };
    values.beginRequest(eventOf(asked));
    return {
      when: rules.filter(({ when }) => may(when)),
      after: rules.filter(({ after }) => may(after)),
    };
  };
}

function eventOf({ verb, resource, subresource, apiGroup, stage, level }: AskedFor): AuditEvent {
  const objectRef = resource === '' ? undefined : { resource, subresource, apiGroup };
  return { kind: 'Event', apiVersion: 'audit.k8s.io/v1', depth: 1, level, stage, verb, objectRef };
}

function isPossible(evaluator: Evaluator, values: Values): boolean {
  values.steps = Infinity;
  try {
    const value = evaluator(values);
    return value === true || value === unknown;
  } catch (error) {
    if (error instanceof Overrun) return true;
    throw error;
  }
}
