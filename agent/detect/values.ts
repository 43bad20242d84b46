import type { AuditEvent } from '../event/index.ts';
import { unknown } from './outcome.ts';
import { emptyOf, eventMembers, EventReader, readyVariables } from './variables.ts';
import type { Variable } from './variables.ts';

const unset = Symbol('unset');

/** All that conditions can read, by their number. */
const variables: readonly Variable[] = [...Object.values(eventMembers), ...Object.values(readyVariables)];
const names: readonly string[] = [...Object.keys(eventMembers), ...Object.keys(readyVariables)];
const numbers: ReadonlyMap<string, number> = new Map(names.map((name, number) => [name, number]));
const responseNumber = numbers.get('event.responseObject')!;

/** What requests have in common that ask for the same kind of thing. */
const ofRequests: ReadonlySet<number> = new Set(
  [
    'event.level',
    'event.stage',
    'event.verb',
    'event.objectRef.resource',
    'event.objectRef.subresource',
    'event.objectRef.apiGroup',
    'changes',
    'reads',
    'workload',
    'rbac',
    'session',
  ].map((name) => numbers.get(name)!),
);

/** The number of a variable, or of a member of the event by its path; undefined if there is no such value. */
export function numberOf(name: string): number | undefined {
  return numbers.get(name);
}

export function nameOf(number: number): string {
  return names[number]!;
}

/**
 * The variables of one event after another, each worked out when it is first read; or of a whole kind of events, where most are
 * `unknown`. One object for both, so that a condition is the same code for both.
 */
export class Values {
  /** Items of the macros that are being gone through, by their depth. */
  readonly items: unknown[] = [];
  /** How many items the macros of the condition at hand may still go through. */
  steps = 0;
  readonly #slots: unknown[] = variables.map(() => unset);
  readonly #reader: EventReader;

  constructor(ownNamespace: string) {
    this.#reader = new EventReader(ownNamespace);
  }

  /** Goes on to another event; `line` is what it was parsed from. */
  begin(event: AuditEvent, line: Buffer): void {
    this.#reader.begin(event, line);
    this.#slots.fill(unset);
  }

  /** Goes on to a kind of events, given one of them: what is not alike in all of them is unknown. */
  beginKind(event: AuditEvent): void {
    this.#reader.begin(event, noLine);
    for (const [number, variable] of variables.entries())
      this.#slots[number] = variable.from === 'kind' || isEmpty(number, event.level) ? unset : unknown;
  }

  /** Goes on to all requests that are alike in what was asked for, at a level and a stage: who asked, and the answer, are unknown. */
  beginRequest(event: AuditEvent): void {
    this.#reader.begin(event, noLine);
    for (const number of variables.keys())
      this.#slots[number] = ofRequests.has(number) || isEmpty(number, event.level) ? unset : unknown;
  }

  end(): void {
    this.#reader.end();
  }

  read(number: number): unknown {
    const value = this.#slots[number];
    return value === unset ? this.#workOut(number) : value;
  }

  #workOut(number: number): unknown {
    const variable = variables[number]!;
    const value = isEmpty(number, this.#reader.event.level) ? emptyOf(variable) : variable.read(this.#reader);
    return (this.#slots[number] = value);
  }
}

/** At level Metadata there are no bodies, at level Request none of responses (k8s.io/apiserver/pkg/apis/audit/v1/types.go). */
function isEmpty(number: number, level: unknown): boolean {
  if (variables[number]!.from !== 'body') return false;
  return level === 'Metadata' || (level === 'Request' && number === responseNumber);
}

const noLine = Buffer.alloc(0);
