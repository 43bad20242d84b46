import { messageOf } from '../../error.ts';
import { ElasticsearchError } from '../../elasticsearch/index.ts';
import { jsonLine, printable } from '../../json/index.ts';
import { evidenceOf, identityOf, isOnDocument } from '../../verify/index.ts';
import type { Evidence, Finding, FindingKind, KnownFindings, Lookup, Summary } from '../../verify/index.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { evidenceLines } from '../evidence.ts';
import { describeSummary, findingLine } from './report.ts';
import type { Scope } from './report.ts';
import { describeWorkpaper } from './workpaper.ts';
import type { Workpaper } from './workpaper.ts';
import { inWords } from './words.ts';

export interface PrinterParts {
  terminal: Terminal;
  /** One JSON object a line, in place of text. */
  json: boolean;
  known: KnownFindings | undefined;
  /** Where what a finding is about is looked up. */
  lookup: Lookup;
}

/** Findings of each kind that are followed, a few searches each: whoever floods one kind hides nothing of another. */
const followedMax = 20;
const reasonCharsMax = 200;

/** Prints the report of one verification: the workpaper, each finding as it is made, the summary. */
export class Printer {
  readonly #parts: PrinterParts;
  readonly #followed = new Map<FindingKind, number>();
  #isBegun = false;

  constructor(parts: PrinterParts) {
    this.#parts = parts;
  }

  workpaper(workpaper: Workpaper): void {
    const { terminal, json } = this.#parts;
    if (json) terminal.out(jsonLine({ type: 'workpaper', ...workpaper }));
    else terminal.out(`${describeWorkpaper(workpaper).join('\n')}\n`);
  }

  /** What has to be known before any finding is read. */
  trustNamesNone(trustFile: string | undefined): void {
    const { terminal, json } = this.#parts;
    if (json) terminal.out(jsonLine({ type: 'attention', trustNamesNone: true, trustFile }));
    else
      terminal.out(
        `attention: ${trustFile} names none of the logs that are there: is it that of another namespace or cluster?\n`,
      );
  }

  async finding(finding: Finding): Promise<void> {
    const { terminal, json, known } = this.#parts;
    this.#begin();
    const isNew = known?.take(finding);
    const evidence = await this.#follow(finding);
    const type = finding.excuse ? 'excused' : 'finding';
    if (json)
      terminal.out(
        jsonLine({
          type,
          identity: identityOf(finding),
          ...(isNew !== undefined && { new: isNew }),
          ...finding,
          ...(evidence && { evidence }),
        }),
      );
    else {
      const lines = evidence && 'unknown' in evidence ? [`  ${printable(evidence.unknown)}`] : [];
      const said = evidence && 'documents' in evidence ? evidenceLines(evidence) : lines;
      terminal.out([`${isNew ? 'new ' : ''}${findingLine(finding)}`, ...said, ''].join('\n'));
    }
  }

  /** What is not found out changes no verdict. */
  async #follow(finding: Finding): Promise<Evidence | { unknown: string } | undefined> {
    const before = this.#followed.get(finding.finding) ?? 0;
    if (before === followedMax || !isOnDocument(finding)) return undefined;
    this.#followed.set(finding.finding, before + 1);
    try {
      return await evidenceOf(finding, this.#parts.lookup);
    } catch (error) {
      if (!(error instanceof ElasticsearchError)) throw error;
      return { unknown: `could not be looked up: ${messageOf(error).slice(0, reasonCharsMax)}` };
    }
  }

  /** Returns what the verdict means in words, which it prints, too. */
  summary(summary: Summary, scope: Scope): string {
    const { terminal, json, known } = this.#parts;
    this.#begin();
    const news = known?.news();
    const { namespace, otherNamespaces } = scope;
    const words = inWords(summary, scope, news);
    if (json)
      terminal.out(jsonLine({ type: 'summary', namespace, otherNamespaces, ...summary, news, words }));
    else terminal.out(`${describeSummary(summary, scope, news, words).join('\n')}\n`);
    return words;
  }

  /** An empty line below the workpaper. */
  #begin(): void {
    if (!this.#isBegun && !this.#parts.json) this.#parts.terminal.out('\n');
    this.#isBegun = true;
  }
}
