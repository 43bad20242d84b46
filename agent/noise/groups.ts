import { isFields, outcomeOf, textOf } from '../event/index.ts';
import type { AuditEvent } from '../event/index.ts';
import type { Amount } from './counter.ts';

/** Events that a rule could name: of one user, one verb and one resource or path. */
export interface Group extends Amount {
  readonly user: string;
  readonly verb: string;
  /** Undefined of a path. */
  readonly resource: { readonly group: string; readonly name: string } | undefined;
  readonly path: string | undefined;
  /** Those of them that a rule of ours would keep: they failed, or were made in another's name. */
  readonly notable: Amount;
}

const groupsMax = 20_000;
/** Endpoints that say whether and as what the apiserver lives, to whom they say the same. */
const plainPaths = /^\/(?:healthz|livez|readyz|version|api|apis|openapi)(?:\/|$)/u;

/** Groups of events, in bounded memory: of more than 20,000 those that come late are left out. */
export class Groups {
  readonly #groups = new Map<string, Group>();

  add(event: AuditEvent, bytes: number): void {
    const user = isFields(event.user) ? textOf(event.user['username']) : undefined;
    const verb = textOf(event.verb);
    // Of what people do nothing is noise.
    if (user === undefined || verb === undefined || !user.startsWith('system:')) return;
    const objectRef = isFields(event.objectRef) ? event.objectRef : undefined;
    const resource = objectRef && resourceOf(objectRef);
    const path = objectRef === undefined ? pathOf(event.requestURI) : undefined;
    const what = resource ? `${resource.group}/${resource.name}` : path;
    if (what === undefined) return;
    const key = `${user}\n${verb}\n${what}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= groupsMax) return;
      group = { user, verb, resource, path, events: 0, bytes: 0, notable: { events: 0, bytes: 0 } };
      this.#groups.set(key, group);
    }
    const amount = isNotable(event) ? group.notable : group;
    amount.events += 1;
    amount.bytes += bytes;
  }

  all(): readonly Group[] {
    return [...this.#groups.values()];
  }
}

/** What a rule of level None keeps by `outcomes` and because of impersonation. */
function isNotable(event: AuditEvent): boolean {
  return event.impersonatedUser !== undefined || outcomeOf(event) === 'failure';
}

function resourceOf(objectRef: Readonly<Record<string, unknown>>): Group['resource'] {
  const name = textOf(objectRef['resource']);
  if (name === undefined) return undefined;
  const subresource = textOf(objectRef['subresource']);
  return {
    group: textOf(objectRef['apiGroup']) ?? '',
    name: subresource === undefined ? name : `${name}/${subresource}`,
  };
}

/** Of the paths that can be noise the first part, so that a client cannot make a group of each of its requests. */
function pathOf(requestURI: unknown): string | undefined {
  const path = textOf(requestURI)?.replace(/\?.*$/su, '');
  const first = path === undefined ? undefined : plainPaths.exec(path)?.[0];
  return first?.endsWith('/') ? `${first}*` : first;
}
