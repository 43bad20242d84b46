import { CelError } from '../cel/index.ts';
import type { AstNode } from '../cel/index.ts';
import { isFields } from '../event/index.ts';
import { missing, unknown } from './outcome.ts';
import { numberOf } from './values.ts';
import type { Values } from './values.ts';

/** The value of a part of a condition: a JSON value, `missing` or `unknown`. It never throws but {@link Overrun}. */
export type Evaluator = (values: Values) => unknown;

/** A condition has gone through more items than it may. */
export class Overrun extends Error {}

/** In place of a value: an optional member is not there. */
const absent = Symbol('absent');

interface Scope {
  /** Names of the items of the macros around. */
  readonly items: readonly string[];
}

/** A part of a condition, with what is known of it beforehand. */
interface Part {
  readonly of: Evaluator;
  /** It is or may be `absent`: members of it are optional, too. */
  readonly isOptional?: boolean;
}

/**
 * Makes closures of a condition's checked tree: twelve times as fast as walking it, and the same with what is not known yet. What
 * CEL calls an error is `missing` here, and spreads as errors do: `true || error` is true, `false && error` false.
 *
 * @throws CelError `invalid` for the parts of CEL that rules have no use for
 */
export function evaluatorOf(root: AstNode): Evaluator {
  return partOf(root, { items: [] }).of;
}

function partOf(node: AstNode, scope: Scope): Part {
  const path = pathOf(node, scope);
  if (path !== undefined) {
    const number = numberOf(path);
    if (number !== undefined) return { of: (values) => values.read(number) };
  }
  const evaluator = (part: AstNode): Evaluator => partOf(part, scope).of;
  switch (node.op) {
    case 'value':
      return plain(constant(node));
    case 'id':
      return plain(itemOf(node, node.args, scope));
    case '.':
      return member(partOf(node.args[0], scope), node.args[1], false);
    case '.?': {
      const number = slotOf(node.args[0], node.args[1], scope);
      if (number !== undefined) return { isOptional: true, of: (values) => orAbsent(values.read(number)) };
      return member(partOf(node.args[0], scope), node.args[1], true);
    }
    case '[]':
    case '[?]': {
      const [of, index] = node.args;
      const isOptional = node.op === '[?]';
      if (index.op === 'value' && typeof index.args === 'string')
        return member(partOf(of, scope), index.args, isOptional);
      return element(partOf(of, scope), evaluator(index), isOptional);
    }
    case 'list': {
      const parts = node.args.map((part) => evaluator(part));
      if (node.args.every(({ op }) => op === 'value')) {
        const list = parts.map((part) => part(noValues));
        return plain(() => list);
      }
      return plain((values) => {
        const list = parts.map((part) => part(values));
        return list.find((item) => typeof item === 'symbol') ?? list;
      });
    }
    case '&&':
      return plain(and(evaluator(node.args[0]), evaluator(node.args[1])));
    case '||':
      return plain(or(evaluator(node.args[0]), evaluator(node.args[1])));
    case '!_':
      return plain(not(evaluator(node.args)));
    case '?:': {
      const [condition, yes, no] = node.args;
      return plain(choose(evaluator(condition), evaluator(yes), evaluator(no)));
    }
    case '==':
    case '!=': {
      const [left, right] = node.args;
      const equals = equal(evaluator(left), evaluator(right));
      return plain(node.op === '==' ? equals : not(equals));
    }
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const [left, right] = node.args;
      return plain(ordered(node.op, evaluator(left), evaluator(right)));
    }
    case 'in':
      return plain(within(node.args, scope));
    case '-_':
      return plain(negative(evaluator(node.args)));
    case 'call':
      return plain(call(node, node.args, scope));
    case 'rcall':
      return plain(method(node, node.args, scope));
    case 'map':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      break;
  }
  throw refused(node, `${node.op} is not available in rules`);
}

function plain(of: Evaluator): Part {
  return { of };
}

/** `event.objectRef.name`, where the node is the name of a value of the event or a variable. */
function pathOf(node: AstNode, scope: Scope): string | undefined {
  if (node.op === 'id') return scope.items.includes(node.args) ? undefined : node.args;
  if (node.op !== '.') return undefined;
  const of = pathOf(node.args[0], scope);
  return of === undefined ? undefined : `${of}.${node.args[1]}`;
}

/** The number of a value of the event that is named as a member of `of`. */
function slotOf(of: AstNode, name: string, scope: Scope): number | undefined {
  const path = pathOf(of, scope);
  return path === undefined ? undefined : numberOf(`${path}.${name}`);
}

function orAbsent(value: unknown): unknown {
  return value === missing ? absent : value;
}

function isThere(value: unknown): unknown {
  return value === unknown ? unknown : value !== missing && value !== null;
}

const noValues = undefined as unknown as Values;

function constant(node: AstNode & { op: 'value' }): Evaluator {
  const { args } = node;
  const value = typeof args === 'bigint' ? Number(args) : args;
  if (typeof args === 'bigint' && !Number.isSafeInteger(value))
    throw refused(node, 'a number must be between -2^53 and 2^53');
  if (value !== null && typeof value === 'object')
    throw refused(node, 'bytes and uint are not available in rules');
  return () => value;
}

function itemOf(node: AstNode, name: string, { items }: Scope): Evaluator {
  const depth = items.lastIndexOf(name);
  if (depth < 0) throw refused(node, 'name a member of it that is a single value, a list or a map');
  return (values) => values.items[depth];
}

function member({ of, isOptional: isChained = false }: Part, name: string, isOptional: boolean): Part {
  if (isOptional || isChained) {
    return {
      isOptional: true,
      of: (values) => {
        const value = of(values);
        if (typeof value === 'symbol') return value;
        if (!isFields(value)) return absent;
        return Object.hasOwn(value, name) ? (value[name] ?? absent) : absent;
      },
    };
  }
  return {
    of: (values) => {
      const value = of(values);
      if (isFields(value)) return Object.hasOwn(value, name) ? (value[name] ?? missing) : missing;
      return value === unknown ? unknown : missing;
    },
  };
}

function element({ of, isOptional: isChained = false }: Part, index: Evaluator, isOptional: boolean): Part {
  const none = isOptional || isChained ? absent : missing;
  return {
    isOptional: isOptional || isChained,
    of: (values) => {
      const value = of(values);
      if (typeof value === 'symbol') return value;
      const at = index(values);
      if (typeof at === 'symbol') return at;
      if (Array.isArray(value) && typeof at === 'number')
        return at >= 0 && at < value.length ? (value[at] as unknown) : none;
      if (isFields(value) && typeof at === 'string')
        return Object.hasOwn(value, at) ? (value[at] ?? none) : none;
      return missing;
    },
  };
}

function and(left: Evaluator, right: Evaluator): Evaluator {
  return (values) => {
    const a = left(values);
    if (a === false) return false;
    const b = right(values);
    if (b === false) return false;
    if (a === true) return b === true || b === unknown ? b : missing;
    return a === unknown && (b === true || b === unknown) ? unknown : missing;
  };
}

function or(left: Evaluator, right: Evaluator): Evaluator {
  return (values) => {
    const a = left(values);
    if (a === true) return true;
    const b = right(values);
    if (b === true) return true;
    if (a === unknown || b === unknown) return unknown;
    return a === false && b === false ? false : missing;
  };
}

function not(of: Evaluator): Evaluator {
  return (values) => {
    const value = of(values);
    if (typeof value === 'boolean') return !value;
    return value === unknown ? unknown : missing;
  };
}

function choose(condition: Evaluator, yes: Evaluator, no: Evaluator): Evaluator {
  return (values) => {
    const value = condition(values);
    if (value === true) return yes(values);
    if (value === false) return no(values);
    return value === unknown ? unknown : missing;
  };
}

/** A symbol that an operation with these two operands comes to: an error, else what is not known; undefined if both are values. */
function spread(a: unknown, b: unknown): symbol | undefined {
  if (typeof a !== 'symbol' && typeof b !== 'symbol') return undefined;
  if (a === missing || b === missing || a === absent || b === absent) return missing;
  return unknown;
}

function equal(left: Evaluator, right: Evaluator): Evaluator {
  return (values) => {
    const a = left(values);
    const b = right(values);
    return spread(a, b) ?? isSame(a, b);
  };
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => isSame(item, b[i]))
    );
  const [one, other] = [Object.entries(a), new Map(Object.entries(b))];
  return (
    one.length === other.size && one.every(([key, item]) => other.has(key) && isSame(item, other.get(key)))
  );
}

type Order = '<' | '<=' | '>' | '>=';

const orders: Readonly<Record<Order, (a: number | string, b: number | string) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function ordered(op: Order, left: Evaluator, right: Evaluator): Evaluator {
  const isOrdered = orders[op];
  return (values) => {
    const a = left(values);
    const b = right(values);
    const symbol = spread(a, b);
    if (symbol !== undefined) return symbol;
    if (typeof a === 'number' && typeof b === 'number') return isOrdered(a, b);
    return typeof a === 'string' && typeof b === 'string' ? isOrdered(a, b) : missing;
  };
}

function within([left, right]: readonly [AstNode, AstNode], scope: Scope): Evaluator {
  const item = partOf(left, scope).of;
  const list = partOf(right, scope).of;
  if (right.op === 'list' && right.args.every(({ op, args }) => op === 'value' && typeof args === 'string')) {
    const set = new Set(list(noValues) as string[]);
    return (values) => {
      const a = item(values);
      return typeof a === 'symbol' ? spread(a, a) : set.has(a as string);
    };
  }
  return (values) => {
    const a = item(values);
    const b = list(values);
    const symbol = spread(a, b);
    if (symbol !== undefined) return symbol;
    if (Array.isArray(b)) return typeof a === 'object' ? b.some((one) => isSame(a, one)) : b.includes(a);
    if (isFields(b)) return typeof a === 'string' && Object.hasOwn(b, a) && b[a] !== null;
    return missing;
  };
}

function negative(of: Evaluator): Evaluator {
  return (values) => {
    const value = of(values);
    if (typeof value === 'symbol') return spread(value, value);
    return typeof value === 'number' ? -value : missing;
  };
}

function call(node: AstNode, [name, args]: readonly [string, AstNode[]], scope: Scope): Evaluator {
  const [of] = args;
  if (name === 'size' && of !== undefined) return size(partOf(of, scope).of);
  if (name === 'has' && of?.op === '.') {
    const number = slotOf(of.args[0], of.args[1], scope);
    if (number !== undefined) return (values) => isThere(values.read(number));
    const parent = partOf(of.args[0], scope).of;
    const key = of.args[1];
    return (values) => {
      const value = parent(values);
      if (typeof value === 'symbol') return spread(value, value);
      return isFields(value) && Object.hasOwn(value, key) && value[key] !== null;
    };
  }
  throw refused(node, `${name}() is not available in rules; there are has() and size()`);
}

function size(of: Evaluator): Evaluator {
  return (values) => {
    const value = of(values);
    if (typeof value === 'symbol') return spread(value, value);
    if (typeof value === 'string') return lengthOf(value);
    if (Array.isArray(value)) return value.length;
    return isFields(value) ? Object.keys(value).length : missing;
  };
}

/** CEL counts code points. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

type Test = (text: string, other: string) => boolean;

const tests: Readonly<Record<string, Test>> = {
  startsWith: (text, other) => text.startsWith(other),
  endsWith: (text, other) => text.endsWith(other),
  contains: (text, other) => text.includes(other),
};

function method(
  node: AstNode,
  [name, receiver, args]: readonly [string, AstNode, AstNode[]],
  scope: Scope,
): Evaluator {
  const { of, isOptional } = partOf(receiver, scope);
  const [first, second] = args;
  const test = Object.hasOwn(tests, name) ? tests[name] : undefined;
  if (test !== undefined && first !== undefined) return tested(test, of, partOf(first, scope).of);
  if (name === 'size') return size(of);
  if (name === 'lowerAscii')
    return (values) => {
      const value = of(values);
      if (typeof value === 'symbol') return spread(value, value);
      return typeof value === 'string' ? lowerAscii(value) : missing;
    };
  if (name === 'orValue' && first !== undefined && isOptional === true) {
    const other = partOf(first, scope).of;
    return (values) => {
      const value = of(values);
      return value === absent ? other(values) : value;
    };
  }
  if (name === 'hasValue' && isOptional === true)
    return (values) => {
      const value = of(values);
      return value === absent ? false : typeof value === 'symbol' ? value : true;
    };
  if (first?.op === 'id' && second !== undefined && args.length === 2) {
    const depth = scope.items.length;
    const body = partOf(second, { items: [...scope.items, first.args] }).of;
    const macro = macros[name];
    if (macro !== undefined) return (values) => goThrough(values, of(values), depth, body, macro);
  }
  throw refused(
    node,
    `${name}() is not available in rules; there are startsWith, endsWith, contains, size, lowerAscii, orValue, hasValue, exists, exists_one, all and filter`,
  );
}

/** Only A to Z, as CEL's strings extension has it. */
function lowerAscii(text: string): string {
  return text.replaceAll(/[A-Z]+/gu, (letters) => letters.toLowerCase());
}

function tested(test: Test, of: Evaluator, argument: Evaluator): Evaluator {
  return (values) => {
    const text = of(values);
    const other = argument(values);
    const symbol = spread(text, other);
    if (symbol !== undefined) return symbol;
    return typeof text === 'string' && typeof other === 'string' ? test(text, other) : missing;
  };
}

type Macro = (items: readonly unknown[], resultOf: (item: unknown) => unknown) => unknown;

const macros: Readonly<Record<string, Macro | undefined>> = {
  exists: (items, resultOf) => {
    let result: unknown = false;
    for (const item of items) {
      const value = resultOf(item);
      if (value === true) return true;
      if (value === unknown) result = unknown;
      else if (value !== false && result === false) result = missing;
    }
    return result;
  },
  all: (items, resultOf) => {
    let result: unknown = true;
    for (const item of items) {
      const value = resultOf(item);
      if (value === false) return false;
      if (value === unknown) result = result === true ? unknown : result;
      else if (value !== true) result = missing;
    }
    return result;
  },
  exists_one: (items, resultOf) => {
    let count = 0;
    for (const item of items) {
      const value = resultOf(item);
      if (value === true) count += 1;
      else if (value !== false) return value === unknown ? unknown : missing;
    }
    return count === 1;
  },
  filter: (items, resultOf) => {
    const kept: unknown[] = [];
    for (const item of items) {
      const value = resultOf(item);
      if (value === true) kept.push(item);
      else if (value !== false) return value === unknown ? unknown : missing;
    }
    return kept;
  },
};

function goThrough(values: Values, range: unknown, depth: number, body: Evaluator, macro: Macro): unknown {
  if (typeof range === 'symbol') return spread(range, range);
  const items: readonly unknown[] | undefined = Array.isArray(range)
    ? range
    : isFields(range)
      ? Object.keys(range).filter((key) => range[key] !== null)
      : undefined;
  if (items === undefined) return missing;
  if ((values.steps -= items.length) < 0) throw new Overrun();
  const result = macro(items, (item) => {
    values.items[depth] = item;
    return body(values);
  });
  values.items[depth] = undefined;
  return result;
}

function refused({ input, pos }: AstNode, message: string): CelError {
  const before = input.slice(0, pos);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = input.slice(lineStart).split('\n', 1)[0];
  const number = before.split('\n').length;
  const prefix = `> ${String(number).padStart(4)} | `;
  return new CelError(
    'invalid',
    `${message}\n\n${prefix}${line}\n${' '.repeat(prefix.length + pos - lineStart)}^`,
  );
}
