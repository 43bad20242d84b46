import type { Entry } from '../identity/index.ts';
import { DirectoryError } from './error.ts';
import type { DirectorySettings } from './schema.ts';

/** Which attributes of a directory are names of a person in events, and which fields its others become. */
export interface Mapping {
  readonly names: readonly string[];
  /** By the field that is made of it. */
  readonly fields: Readonly<Record<string, string>>;
}

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** inetOrgPerson (RFC 2798) and Active Directory: what the one lacks the other has. */
const ldap: Mapping = {
  names: ['uid', 'sAMAccountName', 'userPrincipalName', 'mail'],
  fields: {
    full_name: 'displayName',
    email: 'mail',
    department: 'department',
    manager: 'manager',
    employment: 'employeeType',
  },
};

/** User and the enterprise extension (RFC 7643 §4.1, §4.3). */
const scim: Mapping = {
  names: ['userName', 'emails.value'],
  fields: {
    full_name: 'displayName',
    email: 'emails.value',
    department: `${enterprise}:department`,
    manager: `${enterprise}:manager.displayName`,
    employment: 'active',
  },
};

const file: Mapping = {
  names: ['name', 'email'],
  fields: {
    full_name: 'full_name',
    email: 'email',
    department: 'department',
    manager: 'manager',
    employment: 'employment',
  },
};

export function mappingOf({ names, fields, ...of }: DirectorySettings): Mapping {
  const usual = of.ldap !== undefined ? ldap : of.scim !== undefined ? scim : file;
  return { names: names ?? usual.names, fields: fields ?? usual.fields };
}

/** Attributes that are asked for. */
export function attributesOf({ names, fields }: Mapping): string[] {
  return [...new Set([...names, ...Object.values(fields)])];
}

const namesMax = 32;
/** A distinguished name, a long title: longer is a picture. */
const unitsMax = 512;

/**
 * A person of a directory.
 *
 * @param valuesOf the values of an attribute, none if it is not there
 * @returns undefined where there is no name by which an event could call him
 */
export function entryOf(
  valuesOf: (attribute: string) => readonly unknown[],
  mapping: Mapping,
): Entry | undefined {
  const texts = (attribute: string) =>
    valuesOf(attribute)
      .map(textOf)
      .filter((text) => text !== undefined);
  const names = [...new Set(mapping.names.flatMap(texts))].slice(0, namesMax);
  if (names.length === 0) return undefined;
  const fields = Object.entries(mapping.fields).flatMap(([field, attribute]) => {
    const [first] = texts(attribute);
    return first === undefined ? [] : [[field, first]];
  });
  return { names, fields: Object.fromEntries(fields) as Record<string, string> };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return text !== '' && text.length <= unitsMax ? text.toWellFormed() : undefined;
}

/** UTF-16 units of all names and fields of a directory; 100,000 people have some ten million. */
const allUnitsMax = 64 * 1024 * 1024;

/** Takes in people as they are read, within bounds. */
export class Entries {
  readonly all: Entry[] = [];
  /** Without a name that an event could have. */
  nameless = 0;
  readonly #peopleMax: number;
  #units = 0;

  constructor({ peopleMax }: Pick<DirectorySettings, 'peopleMax'>) {
    this.#peopleMax = peopleMax;
  }

  /** Throws DirectoryError `too-large`. */
  add(entry: Entry | undefined): void {
    if (entry === undefined) {
      this.nameless += 1;
      return;
    }
    if (this.all.length >= this.#peopleMax)
      throw new DirectoryError(
        'too-large',
        `has more than ${this.#peopleMax} people: set a filter, or raise peopleMax`,
      );
    for (const text of [...entry.names, ...Object.values(entry.fields)]) this.#units += text.length;
    if (this.#units > allUnitsMax)
      throw new DirectoryError('too-large', 'has more than 64 MiB of names and fields: ask for fewer fields');
    this.all.push(entry);
  }
}
