import { isFields } from '../event/index.ts';
import type { AuditEvent, Fields } from '../event/index.ts';
import type { BodyMember } from './body.ts';

/**
 * The types of `event`, by the names that `audit.k8s.io/v1` gives its members (k8s.io/apiserver/pkg/apis/audit/v1/types.go). As in
 * the apiserver's own structures, a text that is missing is `""`, a list or map is empty and a code is 0, so that no condition
 * has to ask first. A member with another type than the apiserver writes cannot be evaluated.
 */
export class CelUser {
  readonly #fields: Fields;

  constructor(value: unknown) {
    this.#fields = fieldsOf(value);
  }

  get username(): string {
    return text(this.#fields['username']);
  }

  get uid(): string {
    return text(this.#fields['uid']);
  }

  get groups(): string[] {
    return texts(this.#fields['groups']);
  }

  get extra(): Map<string, string[]> {
    return mapOf(this.#fields['extra'], texts);
  }
}

export class CelObjectReference {
  readonly #fields: Fields;

  constructor(value: unknown) {
    this.#fields = fieldsOf(value);
  }

  get resource(): string {
    return text(this.#fields['resource']);
  }

  get subresource(): string {
    return text(this.#fields['subresource']);
  }

  get namespace(): string {
    return text(this.#fields['namespace']);
  }

  get name(): string {
    return text(this.#fields['name']);
  }

  get uid(): string {
    return text(this.#fields['uid']);
  }

  get apiGroup(): string {
    return text(this.#fields['apiGroup']);
  }

  get apiVersion(): string {
    return text(this.#fields['apiVersion']);
  }

  get resourceVersion(): string {
    return text(this.#fields['resourceVersion']);
  }
}

export class CelStatus {
  readonly #fields: Fields;

  constructor(value: unknown) {
    this.#fields = fieldsOf(value);
  }

  get status(): string {
    return text(this.#fields['status']);
  }

  get message(): string {
    return text(this.#fields['message']);
  }

  get reason(): string {
    return text(this.#fields['reason']);
  }

  get code(): bigint {
    const code = this.#fields['code'];
    if (code === undefined) return 0n;
    if (!Number.isSafeInteger(code)) throw wrongType();
    return BigInt(code as number);
  }
}

export class CelAuthenticationMetadata {
  readonly #fields: Fields;

  constructor(value: unknown) {
    this.#fields = fieldsOf(value);
  }

  get impersonationConstraint(): string {
    return text(this.#fields['impersonationConstraint']);
  }
}

/** An audit event as conditions see it: the variable `event`. Made once for each event; what is not asked for is not read. */
export class CelEvent {
  readonly #event: AuditEvent;
  readonly #body: (member: BodyMember) => unknown;
  readonly #made = new Map<string, object>();

  /** @param body gives a body as {@link bodiesIn} does */
  constructor(event: AuditEvent, body: (member: BodyMember) => unknown) {
    this.#event = event;
    this.#body = body;
  }

  get level(): string {
    return text(this.#event.level);
  }

  get auditID(): string {
    return text(this.#event.auditID);
  }

  get stage(): string {
    return text(this.#event.stage);
  }

  get requestURI(): string {
    return text(this.#event.requestURI);
  }

  get verb(): string {
    return text(this.#event.verb);
  }

  get userAgent(): string {
    return text(this.#event.userAgent);
  }

  get sourceIPs(): string[] {
    return texts(this.#event.sourceIPs);
  }

  get requestReceivedTimestamp(): string {
    return text(this.#event.requestReceivedTimestamp);
  }

  get stageTimestamp(): string {
    return text(this.#event.stageTimestamp);
  }

  get annotations(): Map<string, string> {
    return this.#once('annotations', () => mapOf(this.#event.annotations, text));
  }

  get user(): CelUser {
    return this.#once('user', () => new CelUser(this.#event.user));
  }

  get impersonatedUser(): CelUser {
    return this.#once('impersonatedUser', () => new CelUser(this.#event.impersonatedUser));
  }

  get authenticationMetadata(): CelAuthenticationMetadata {
    const value = this.#event.authenticationMetadata;
    return this.#once('authenticationMetadata', () => new CelAuthenticationMetadata(value));
  }

  get objectRef(): CelObjectReference {
    return this.#once('objectRef', () => new CelObjectReference(this.#event.objectRef));
  }

  get responseStatus(): CelStatus {
    return this.#once('responseStatus', () => new CelStatus(this.#event.responseStatus));
  }

  /** Unlike the others a body that is not there is not empty: an event of level Metadata says nothing about what it lacks. */
  get requestObject(): unknown {
    return this.#body('requestObject');
  }

  get responseObject(): unknown {
    return this.#body('responseObject');
  }

  #once<Made extends object>(name: string, make: () => Made): Made {
    let made = this.#made.get(name);
    if (made === undefined) this.#made.set(name, (made = make()));
    return made as Made;
  }
}

const noFields: Fields = {};

/** The members of each type, for the environment. `dyn` is what a client may give any type. */
export const eventTypes = {
  User: {
    ctor: CelUser,
    fields: { username: 'string', uid: 'string', groups: 'list<string>', extra: 'map<string, list<string>>' },
  },
  ObjectReference: {
    ctor: CelObjectReference,
    fields: {
      resource: 'string',
      subresource: 'string',
      namespace: 'string',
      name: 'string',
      uid: 'string',
      apiGroup: 'string',
      apiVersion: 'string',
      resourceVersion: 'string',
    },
  },
  Status: { ctor: CelStatus, fields: { status: 'string', message: 'string', reason: 'string', code: 'int' } },
  AuthenticationMetadata: {
    ctor: CelAuthenticationMetadata,
    fields: { impersonationConstraint: 'string' },
  },
  Event: {
    ctor: CelEvent,
    fields: {
      level: 'string',
      auditID: 'string',
      stage: 'string',
      requestURI: 'string',
      verb: 'string',
      user: 'User',
      impersonatedUser: 'User',
      authenticationMetadata: 'AuthenticationMetadata',
      sourceIPs: 'list<string>',
      userAgent: 'string',
      objectRef: 'ObjectReference',
      responseStatus: 'Status',
      requestObject: 'dyn',
      responseObject: 'dyn',
      requestReceivedTimestamp: 'string',
      stageTimestamp: 'string',
      annotations: 'map<string, string>',
    },
  },
} as const;

function fieldsOf(value: unknown): Fields {
  if (value === undefined) return noFields;
  if (!isFields(value)) throw wrongType();
  return value;
}

function text(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw wrongType();
  return value;
}

function texts(value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrongType();
  return value.map((item) => text(item));
}

function mapOf<Value>(value: unknown, of: (item: unknown) => Value): Map<string, Value> {
  return new Map(Object.entries(fieldsOf(value)).map(([key, item]) => [key, of(item)]));
}

function wrongType(): TypeError {
  return new TypeError('not of the type that the apiserver writes');
}
