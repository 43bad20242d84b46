import { isFields, loginOf, loginUsername } from '../event/index.ts';
import type { AuditEvent, Fields } from '../event/index.ts';
import { unescaped, walkJson } from '../redact/index.ts';
import type { Decoded, Frame, StringValue, Visitor } from '../redact/index.ts';
import { unitsOf } from './pseudonyms.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { replacementOf } from './replacement.ts';
import type { Replacement } from './replacement.ts';
import {
  addressReplacements,
  emailReplacements,
  ownNameReplacements,
  quotedNameReplacements,
} from './scan.ts';
import { personResources, replacementsInUri } from './uri.ts';

/** What is known of a line from its head. */
export interface About {
  /** Names of the persons who asked, or whom they impersonated, as units of bytes. */
  readonly ownNames: readonly string[];
  /** The object is named after a person. */
  readonly isPersonObject: boolean;
  /** Keys of `extra` that name a person, whoever the user is. */
  readonly personExtras: ReadonlySet<string>;
}

const bodies = new Set(['requestObject', 'responseObject']);
/** Members that hold who somebody is as an object (of an event, of reviews, of FlowSchemas). */
const userObjects = new Set(['user', 'impersonatedUser', 'userInfo']);
/** Members whose text is the name of a user, or that of a person; also of the items of an array. */
const nameMembers = new Set([
  'username',
  'userName',
  'userNames',
  'users',
  'identities',
  'preferred_username',
  'providerUserName',
  'fullName',
]);
/** Kinds of objects, and of `details.kind`, that are named after a person. */
const personKinds = new Set([
  'User',
  'users',
  'Identity',
  'identities',
  'UserIdentityMapping',
  'useridentitymappings',
]);
/** Where rules and people look for what an object or a role is called. A user may be called the same. */
const identifiers = new Set([
  'apiGroup',
  'apiGroups',
  'apiVersion',
  'generateName',
  'image',
  'imageID',
  'key',
  'kind',
  'name',
  'namespace',
  'nonResourceURLs',
  'resource',
  'resourceNames',
  'resources',
  'secretName',
  'serviceAccount',
  'serviceAccountName',
  'type',
  'uid',
  'verb',
  'verbs',
]);
/** Of what a token or certificate the user came with, and what OpenShift lets it do; not who he is. */
const impersonalExtras = ['authentication.kubernetes.io/', 'scopes.authorization.openshift.io'];
const nestedMax = 4;
const noteBytesMax = 1024;

/** What the line of an event says of persons, in whatever member. */
export function replacementsInEvent(
  line: Decoded,
  event: AuditEvent,
  pseudonyms: Pseudonyms,
  personExtras: ReadonlySet<string>,
): Replacement[] {
  const finder = new Finder(line, { ...aboutOf(event, pseudonyms), personExtras }, pseudonyms, 0);
  walkJson(line, finder);
  return finder.found;
}

function aboutOf(event: AuditEvent, pseudonyms: Pseudonyms): Omit<About, 'personExtras'> {
  const { user, impersonatedUser, objectRef } = event;
  const names = [
    ...[user, impersonatedUser].map((one) => (isFields(one) ? one['username'] : undefined)),
    loginOf(event)?.username,
  ]
    .filter((name) => typeof name === 'string')
    .map(unitsOf);
  const { resource }: Fields = isFields(objectRef) ? objectRef : {};
  return {
    ownNames: [...new Set(names)].filter((name) => pseudonyms.isPerson(name)),
    isPersonObject: typeof resource === 'string' && personResources.has(resource),
  };
}

/** What an object says of itself, until it closes. */
interface Notes {
  kind?: string;
  path?: string;
  /** Its members `name` and `value`, and the `name` of its `metadata`. */
  name?: Decoded;
  value?: Decoded;
  metadataName?: Decoded;
  /** Of an object that holds a user: the name, and what is only looked at if it is that of a person. */
  username?: string;
  more?: Decoded[];
}

/** Looks at each string of a JSON text: an event, or an object inside a string of it. */
class Finder implements Visitor {
  readonly found: Replacement[] = [];
  readonly #text: Decoded;
  readonly #about: About;
  readonly #pseudonyms: Pseudonyms;
  readonly #nested: number;
  readonly #notes = new WeakMap<Frame, Notes>();

  constructor(text: Decoded, about: About, pseudonyms: Pseudonyms, nested: number) {
    this.#text = text;
    this.#about = about;
    this.#pseudonyms = pseudonyms;
    this.#nested = nested;
  }

  onKey(): void {
    // Keys are never replaced.
  }

  onString({ from, to, frames }: StringValue): void {
    const decoded = unescaped(this.#text, from, to);
    if (decoded.text === '') return;
    const top = frames.at(-1);
    if (top === undefined) return this.#scan(decoded, true);
    this.#note(top, frames, decoded);
    const isHead = this.#nested === 0 && !bodies.has(frames[0]!.key);
    if (isHead) this.#inHead(frames, decoded);
    else this.#inBody(top, decoded);
  }

  onClose(frame: Frame): void {
    const notes = this.#notes.get(frame);
    if (notes === undefined) return;
    const { kind = '', name, metadataName, path, value, username, more = [] } = notes;
    if (personKinds.has(kind)) for (const each of [name, metadataName]) this.#name(each);
    if (path !== undefined && /\/(?:subjects\/(?:\d+|-)\/name|users\/(?:\d+|-))$/.test(path))
      this.#name(value);
    if (userObjects.has(frame.name) || frame.name === 'users') this.#name(name);
    if (username === undefined || !this.#pseudonyms.isPerson(username)) return;
    for (const each of more) this.#name(each);
  }

  #notesOf(frame: Frame): Notes {
    let notes = this.#notes.get(frame);
    if (notes === undefined) this.#notes.set(frame, (notes = {}));
    return notes;
  }

  /** Keeps what an object is called: only when it closes is known what that means. */
  #note(top: Frame, frames: readonly Frame[], decoded: Decoded): void {
    const holder = holderOfExtra(frames);
    if (holder) (this.#notesOf(holder).more ??= []).push(decoded);
    if (top.isArray) return;
    const { key } = top;
    if (key === 'name' || key === 'value') this.#notesOf(top)[key] = decoded;
    if (key === 'kind' || key === 'path') {
      if (decoded.text.length <= noteBytesMax) this.#notesOf(top)[key] = decoded.text;
    } else if (key === 'username' || (key === 'user' && top.name === 'spec'))
      this.#notesOf(top).username = decoded.text;
    else if (key === 'uid' && (userObjects.has(top.name) || top.name === 'spec'))
      (this.#notesOf(top).more ??= []).push(decoded);
    if (key === 'name' && top.name === 'metadata' && frames.length > 1)
      this.#notesOf(frames.at(-2)!).metadataName = decoded;
  }

  #inHead(frames: readonly Frame[], decoded: Decoded): void {
    const [first, second] = [frames[0]!.key, frames[1]];
    switch (first) {
      case 'requestURI':
        return this.#add(replacementsInUri(decoded, this.#about.ownNames, this.#pseudonyms));
      case 'objectRef':
        if (this.#about.isPersonObject && second?.key === 'name') return this.#name(decoded);
        return this.#shapes(decoded);
      case 'user':
      case 'impersonatedUser':
        if (second?.key === 'username') return this.#name(decoded);
        if (second?.key === 'extra' && this.#about.personExtras.has(frames[2]?.key ?? ''))
          this.#name(decoded);
        return this.#shapes(decoded);
      case 'annotations':
        if (second?.key === loginUsername) return this.#name(decoded);
        return this.#scan(decoded, true);
      case 'userAgent':
        this.#add(emailReplacements(decoded, this.#pseudonyms));
        this.#add(addressReplacements(decoded, this.#pseudonyms, true));
        return this.#ownNames(decoded);
      default:
        this.#scan(decoded, !(first === 'responseStatus' && frames.at(-1)!.key === 'name'));
    }
  }

  #inBody(top: Frame, decoded: Decoded): void {
    const member = top.valueName;
    const isName = nameMembers.has(member) || (member === 'user' && !top.isArray && top.name === 'spec');
    if (isName) this.#name(decoded);
    if (member === 'image' || member === 'imageID')
      return this.#add(emailReplacements(decoded, this.#pseudonyms));
    this.#scan(decoded, !identifiers.has(member));
  }

  /** Whatever a text holds of persons; one that is JSON again is walked. */
  #scan(decoded: Decoded, isProse: boolean): void {
    const first = decoded.text.trimStart()[0];
    if ((first === '{' || first === '[') && this.#nested < nestedMax) {
      const finder = new Finder(decoded, this.#about, this.#pseudonyms, this.#nested + 1);
      if (walkJson(decoded, finder)) return this.#add(finder.found);
    }
    this.#shapes(decoded);
    this.#add(quotedNameReplacements(decoded, this.#pseudonyms));
    if (isProse) this.#ownNames(decoded);
  }

  #shapes(decoded: Decoded): void {
    this.#add(emailReplacements(decoded, this.#pseudonyms));
    this.#add(addressReplacements(decoded, this.#pseudonyms));
  }

  #ownNames(decoded: Decoded): void {
    this.#add(ownNameReplacements(decoded, this.#about.ownNames, this.#pseudonyms));
  }

  /** The whole of a text that is the name of a user. */
  #name(decoded: Decoded | undefined): void {
    const part = decoded && this.#pseudonyms.name(decoded.text);
    if (decoded && part) this.found.push(replacementOf(decoded, part));
  }

  /** Not by a spread: a line can hold a million. */
  #add(more: readonly Replacement[]): void {
    for (const each of more) this.found.push(each);
  }
}

/** The object of the user of whom a string is an `extra`, unless it says nothing of who he is. */
function holderOfExtra(frames: readonly Frame[]): Frame | undefined {
  const [holder, extra, values] = frames.slice(-3);
  if (holder === undefined || values?.isArray !== true || extra?.name !== 'extra') return undefined;
  if (!userObjects.has(holder.name) && holder.name !== 'spec') return undefined;
  return impersonalExtras.some((begin) => extra.key.startsWith(begin)) ? undefined : holder;
}
