import { ParseError } from '@marcbachmann/cel-js';
import type { ASTNode } from '@marcbachmann/cel-js';
import { eventTypes } from './event.ts';

/** What a part of a condition stands for. */
interface Reference {
  /** `event.objectRef.name`; undefined for the item of a list that a macro goes through, and what is in it. */
  readonly path: string | undefined;
  /** A type of `eventTypes`, or one of CEL. */
  readonly type: string;
  /** Of an item: how many macros are around the one that names it. */
  readonly depth: number;
}

/** Name of the macro, and the text that says what it goes through. */
const macros: ReadonlySet<string> = new Set(['exists', 'exists_one', 'all', 'map', 'filter']);

const refused: Readonly<Record<string, string>> = {
  matches: 'a pattern can take seconds for one text; use ==, startsWith, endsWith, contains or in',
  json: 'a text is not read as JSON here',
  bind: 'write the value out where it is needed',
};

/** Types of which one value is small, or is compared at once. */
const single: ReadonlySet<string> = new Set(['string', 'int', 'bool', 'double']);

/**
 * Looks through a condition that the library takes: finds the members that it reads, and refuses what would be a mistake
 * or could cost more than the event is long. A client chooses how long the lists in a body are, so a macro within a macro goes
 * through the item of the one around it and nothing else: then all of them together visit each value of a body once.
 */
export class Analysis {
  /** Paths of the members that it reads, each once, in order: `event.requestObject.spec.hostPID`. */
  readonly reads = new Set<string>();
  readonly #variables: Readonly<Record<string, string>>;
  /** Names of the items of the macros around, the innermost last. */
  readonly #items: string[] = [];

  /** @param variables types by name, beside `event` */
  constructor(root: ASTNode, variables: Readonly<Record<string, string>>) {
    this.#variables = variables;
    this.#use(root);
  }

  /** A part whose value is used as it is: the end of a path is here. */
  #use(node: ASTNode): Reference | undefined {
    const reference = this.#visit(node);
    if (reference?.path === undefined) return reference;
    if (reference.type === 'Event') throw mistake(node, 'name a member of event, as event.verb');
    if (this.#items.length > 0 && !single.has(reference.type))
      throw mistake(
        node,
        `within a macro only the item and single values of the event can be read; ${reference.path} is read again for each item`,
      );
    this.reads.add(reference.path);
    return reference;
  }

  #visit(node: ASTNode): Reference | undefined {
    switch (node.op) {
      case 'value':
        return undefined;
      case 'id':
        return this.#named(node, node.args);
      case '.':
      case '.?':
        return this.#member(node, this.#visit(node.args[0]), node.args[1]);
      case '[]':
      case '[?]':
        return this.#element(node, node.args);
      case 'call':
        return this.#call(node, node.args);
      case 'rcall':
        return this.#method(node, node.args);
      case 'list':
        for (const item of node.args) this.#use(item);
        return undefined;
      case 'map':
        for (const entry of node.args) for (const part of entry) this.#use(part);
        return undefined;
      case '!_':
      case '-_':
        this.#use(node.args);
        return undefined;
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
      case 'in':
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
      case '&&':
      case '||':
      case '?:':
        for (const part of node.args) this.#use(part);
        break;
    }
    return undefined;
  }

  #named(node: ASTNode, name: string): Reference | undefined {
    const depth = this.#items.lastIndexOf(name);
    if (depth >= 0) {
      if (depth < this.#items.length - 1)
        throw mistake(
          node,
          `within a macro only its own item can be read, not that of the macro around it: ${name}`,
        );
      return { path: undefined, type: 'dyn', depth };
    }
    const type = name === 'event' ? 'Event' : this.#variables[name];
    return type === undefined ? undefined : { path: name, type, depth: 0 };
  }

  #member(node: ASTNode, of: Reference | undefined, name: string): Reference | undefined {
    if (of === undefined) return undefined;
    if (isTyped(of.type)) {
      const type = fieldsOf(of.type)[name];
      if (type === undefined)
        throw mistake(
          node,
          `${of.path ?? of.type} has no member ${name}; it has ${Object.keys(fieldsOf(of.type)).join(', ')}`,
        );
      return { ...of, path: of.path && `${of.path}.${name}`, type };
    }
    if (of.type === 'dyn') return { ...of, path: of.path && `${of.path}.${name}` };
    // Of a map or list the whole is read: its values are single ones, or lists of them.
    return { ...of, type: /^map<string, (.+)>$/.exec(of.type)?.[1] ?? 'dyn' };
  }

  #element(node: ASTNode, [left, index]: readonly [ASTNode, ASTNode]): Reference | undefined {
    const of = this.#visit(left);
    if (index.op === 'value' && typeof index.args === 'string') return this.#member(node, of, index.args);
    this.#use(index);
    if (of !== undefined && isTyped(of.type))
      throw mistake(node, `name the member of ${of.path ?? of.type}, as event.verb`);
    return of && { ...of, type: /^(?:list<|map<string, )(.+)>$/.exec(of.type)?.[1] ?? 'dyn' };
  }

  #call(node: ASTNode, [name, args]: readonly [string, ASTNode[]]): undefined {
    this.#refuse(node, name);
    const [of] = args;
    if (name === 'has' && (of?.op === '.' || of?.op === '.?')) {
      const parent = this.#visit(of.args[0]);
      if (parent !== undefined && isTyped(parent.type)) {
        const member = this.#member(of, parent, of.args[1]);
        if (member?.type !== 'dyn')
          throw mistake(
            node,
            'has() is true of every member of an event but its bodies; compare it with "" or 0',
          );
      }
    }
    for (const arg of args) this.#use(arg);
  }

  #method(
    node: ASTNode,
    [name, receiver, args]: readonly [string, ASTNode, ASTNode[]],
  ): Reference | undefined {
    this.#refuse(node, name);
    if (!macros.has(name)) {
      const of = this.#use(receiver);
      for (const arg of args) this.#use(arg);
      // What stands for something missing is followed by members as the value itself is.
      return name === 'orValue' && of !== undefined && !isTyped(of.type)
        ? { ...of, path: undefined }
        : undefined;
    }
    const inner = this.#items.length > 0;
    const range = inner ? this.#visit(receiver) : this.#use(receiver);
    if (inner && receiver.op !== 'list' && (range === undefined || range.path !== undefined))
      throw mistake(
        receiver,
        'a macro within a macro goes through a list of its item, or one that is written out',
      );
    const [item, ...parts] = args;
    if (item?.op !== 'id') return undefined;
    if (item.args === 'event' || item.args in this.#variables || this.#items.includes(item.args))
      throw mistake(item, `${item.args} has a meaning already; name the item otherwise`);
    this.#items.push(item.args);
    for (const part of parts) this.#use(part);
    this.#items.pop();
    return undefined;
  }

  #refuse(node: ASTNode, name: string): void {
    const why = refused[name];
    if (why !== undefined) throw mistake(node, `${name}() is not available: ${why}`);
  }
}

function isTyped(type: string): type is keyof typeof eventTypes {
  return Object.hasOwn(eventTypes, type);
}

function fieldsOf(type: keyof typeof eventTypes): Readonly<Record<string, string | undefined>> {
  return eventTypes[type].fields;
}

function mistake(node: ASTNode, message: string): ParseError {
  return new ParseError({ code: 'refused', message, node });
}
