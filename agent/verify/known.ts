import { InputError, parseJsonObject } from '../input/index.ts';
import { VerifyError } from './error.ts';
import { findingKinds, identityOf } from './finding.ts';
import type { Finding, FindingKind } from './finding.ts';

/** How many findings are new since a verdict that somebody has looked at. */
export interface News {
  total: number;
  /** By kind, of which there are new ones. */
  findings: Partial<Record<FindingKind, number>>;
  /** Whether there may be more: the known verdict had more findings of a kind than it lists. */
  isAtLeast: boolean;
}

/** What an earlier verdict found (docs/seal-format.md §8.5, "identity"), so that what is new can be told from what is known. */
export class KnownFindings {
  /** RFC 3339: as of when it was judged, by its own word. */
  readonly at: string | undefined;
  /** What was found, by the `_id` or `event.id` that findings name; a verdict document names those of its sample alone. */
  readonly documents: ReadonlyMap<string, string>;
  readonly #identities: ReadonlySet<string>;
  /** Of the kinds that the verdict does not list whole: how many there were. */
  readonly #partial: ReadonlyMap<FindingKind, number>;
  readonly #seen = new Map<FindingKind, number>();
  readonly #unlisted = new Map<FindingKind, number>();

  private constructor({ at, documents, identities, partial }: Known) {
    this.at = at;
    this.documents = documents;
    this.#identities = identities;
    this.#partial = partial;
  }

  /**
   * From the text of a verdict: what `verify --json` printed, or the document that it wrote to Elasticsearch, bare, as `_doc` or as
   * `_search` answers it. Throws VerifyError `usage` naming `file`.
   */
  static parse(file: string, text: string): KnownFindings {
    const known: Known = { at: undefined, documents: new Map(), identities: new Set(), partial: new Map() };
    const whole = objectOf(text);
    if (whole) {
      if (!takeVerdict(known, whole) && !takeLine(known, whole)) throw noVerdict(file);
      return new KnownFindings(known);
    }
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    if (lines.length === 0) throw noVerdict(file);
    for (const [at, line] of lines.entries()) {
      const value = objectOf(line);
      if (!value || !takeLine(known, value)) throw noVerdict(file, at + 1);
    }
    return new KnownFindings(known);
  }

  /** Takes a finding of the verification at hand; whether the known verdict does not list it. One that is excused is not new. */
  take(finding: Finding): boolean {
    if (finding.excuse) return false;
    const isListed = this.#identities.has(identityOf(finding));
    add(this.#seen, finding.finding);
    if (!isListed) add(this.#unlisted, finding.finding);
    return !isListed;
  }

  /** Of a kind that is not listed whole, by how many there are more than there were. */
  news(): News {
    const counts = [...this.#unlisted].map(([kind, unlisted]): [FindingKind, number] => {
      const before = this.#partial.get(kind);
      return [kind, before === undefined ? unlisted : Math.max(0, this.#seen.get(kind)! - before)];
    });
    const findings = Object.fromEntries(counts.filter(([, count]) => count > 0));
    return {
      total: counts.reduce((sum, [, count]) => sum + count, 0),
      findings,
      isAtLeast: [...this.#unlisted.keys()].some((kind) => this.#partial.has(kind)),
    };
  }
}

interface Known {
  at: string | undefined;
  documents: Map<string, string>;
  identities: Set<string>;
  partial: Map<FindingKind, number>;
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    return parseJsonObject(text) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** A line of `--json`; of a finding its identity is looked at, and which documents it names. */
function takeLine(known: Known, line: Record<string, unknown>): boolean {
  const { type, identity, now } = line;
  if (typeof identity === 'string') {
    if (type === 'excused') return true;
    known.identities.add(identity);
    takeDocuments(known, line);
    return true;
  }
  if (type === 'summary' && typeof now === 'string') known.at = now;
  return type === 'summary' || type === 'workpaper' || type === 'attention';
}

function takeDocuments(known: Known, finding: unknown): void {
  const kind = member(finding, 'finding');
  if (typeof kind !== 'string') return;
  const claimants = member(finding, 'claimants');
  for (const id of [member(finding, 'id'), ...(Array.isArray(claimants) ? (claimants as unknown[]) : [])]) {
    if (typeof id !== 'string') continue;
    const before = known.documents.get(id)?.split(', ') ?? [];
    known.documents.set(id, [...new Set([...before, kind])].join(', '));
  }
}

/** The document of `logs-auditseal.verify-<namespace>`, which lists only so many findings of each kind. */
function takeVerdict(known: Known, value: Record<string, unknown>): boolean {
  const hits = member(member(value, 'hits'), 'hits');
  const hit = Array.isArray(hits) ? (hits[0] as unknown) : value;
  const document = member(hit, '_source') ?? value;
  const verdict = member(member(document, 'auditseal'), 'verify');
  const identities = member(verdict, 'identities');
  if (typeof identities !== 'object' || identities === null) return false;
  const sample = member(verdict, 'sample');
  if (Array.isArray(sample)) for (const finding of sample as unknown[]) takeDocuments(known, finding);
  const at = member(verdict, 'as_of');
  if (typeof at === 'string') known.at = at;
  for (const kind of findingKinds) {
    const name = kind.replaceAll(' ', '_');
    const listed = member(identities, name);
    const list = Array.isArray(listed) ? listed.filter((each) => typeof each === 'string') : [];
    for (const identity of list) known.identities.add(identity);
    const count = member(member(verdict, 'findings'), name);
    if (typeof count === 'number' && count > list.length) known.partial.set(kind, count);
  }
  return true;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function add(counts: Map<FindingKind, number>, kind: FindingKind): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

function noVerdict(file: string, line?: number): VerifyError {
  const place = line === undefined ? '' : ` in line ${line}`;
  return new VerifyError(
    'usage',
    `--known: ${file} is no verdict${place}: give what auditseal verify --json printed, or the document that it wrote to Elasticsearch`,
  );
}
