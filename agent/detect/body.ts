import { isFields } from '../event/index.ts';
import type { Fields } from '../event/index.ts';
import { parseBounded, WantedMembers } from '../json/index.ts';
import type { WantedMember } from '../json/index.ts';

const members = new WantedMembers();
const request = members.member('requestObject', { isUnique: true });
const response = members.member('responseObject', { isUnique: true });

/**
 * A client chooses what parsing costs. etcd takes objects of 1.5 MiB; a list that comes back as a response can be longer and says
 * nothing that a rule asks for.
 */
const bounds = { bytesMax: 2 * 1024 * 1024, valuesMax: 200_000 };

const unread = Symbol('unread');

/** The bodies of one event, each parsed when it is first asked for. Undefined: it is not there, or beyond the bounds. */
export class Bodies {
  readonly #line: Buffer;
  #request: unknown = unread;
  #response: unknown = unread;

  /** @param line what an event was parsed from */
  constructor(line: Buffer) {
    this.#line = line;
  }

  get request(): unknown {
    if (this.#request === unread) this.#request = parsed(this.#line, request);
    return this.#request;
  }

  get response(): unknown {
    if (this.#response === unread) this.#response = parsed(this.#line, response);
    return this.#response;
  }
}

function parsed(line: Buffer, member: WantedMember): unknown {
  if (!members.read(line)) return undefined;
  const { bytes } = member;
  return bytes === undefined ? undefined : parseBounded(bytes, bounds);
}

/**
 * The object that a request is about. Of a create, an update and a patch that is an object itself it is what was asked for, so
 * that a label on a privileged workload is no privileged workload anew; of a JSON patch, a list of operations, it is what came of it.
 */
export function objectOf(bodies: Bodies): Fields {
  const asked = bodies.request;
  if (isFields(asked)) return asked;
  if (asked !== undefined && !Array.isArray(asked)) return nothing;
  const came = bodies.response;
  return isFields(came) && came['kind'] !== 'Status' ? came : nothing;
}

const nothing: Fields = {};

/** A member that is an object; one without members if it is anything else. */
export function fieldsIn(of: Fields, ...path: readonly string[]): Fields {
  let at: Fields = of;
  for (const name of path) {
    const next = Object.hasOwn(at, name) ? at[name] : undefined;
    if (!isFields(next)) return nothing;
    at = next;
  }
  return at;
}

export function textIn(of: Fields, name: string): string {
  const value = Object.hasOwn(of, name) ? of[name] : undefined;
  return typeof value === 'string' ? value : '';
}

export function textsIn(of: Fields, name: string): string[] {
  return listIn(of, name).filter((item) => typeof item === 'string');
}

export function objectsIn(of: Fields, name: string): Fields[] {
  return listIn(of, name).filter((item) => isFields(item));
}

export function numberIn(of: Fields, name: string): number {
  const value = Object.hasOwn(of, name) ? of[name] : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
}

export function isTrue(of: Fields, name: string): boolean {
  return Object.hasOwn(of, name) && of[name] === true;
}

function listIn(of: Fields, name: string): readonly unknown[] {
  const value = Object.hasOwn(of, name) ? of[name] : undefined;
  return Array.isArray(value) ? value : [];
}
