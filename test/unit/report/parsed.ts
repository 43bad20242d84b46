import { parse } from 'parse5';
import type { DefaultTreeAdapterTypes } from 'parse5';

type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.Node;

/** An HTML page as a browser parses it. */
export class Parsed {
  readonly elements: readonly Element[];
  /** What the parser had to put right. */
  readonly errors: string[] = [];

  constructor(text: string) {
    const document = parse(text, { onParseError: ({ code }) => this.errors.push(code) });
    this.elements = [...elementsOf(document)];
  }

  all(...names: string[]): Element[] {
    return this.elements.filter(({ tagName }) => names.includes(tagName));
  }
}

function* elementsOf(node: Node): Generator<Element> {
  if ('tagName' in node) yield node;
  if ('childNodes' in node) for (const child of node.childNodes) yield* elementsOf(child);
}

export function attribute({ attrs }: Element, name: string): string | undefined {
  return attrs.find((each) => each.name === name)?.value;
}

export function textOf(node: Node): string {
  if ('value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
}

/** Elements right below, in order. */
export function childrenOf(element: Element): Element[] {
  return element.childNodes.filter((child): child is Element => 'tagName' in child);
}
