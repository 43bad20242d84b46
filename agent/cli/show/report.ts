import { printable, printableJson } from '../../json/index.ts';
import { readableOf, wordsOf } from '../../verify/index.ts';
import type { SingleEvent } from '../../verify/index.ts';
import { documentLines, sealLines } from '../evidence.ts';
import { findingLine } from '../verify/report.ts';

type Stored = SingleEvent['documents'][number];

/** Documents that are printed: of an event there is one, and what somebody has put beside it. */
const documentsMax = 5;

/** What was found, in lines for a terminal; the last is the verdict. */
export function describeEvent(event: SingleEvent, trustFile: string | undefined): string[] {
  const { documents, seal, findings, trusted, message, origin, index } = event;
  const keys = trusted
    ? `from ${trustFile}, and what its keys name`
    : 'taken from the log itself, since no trust file was given: whoever can write to Elasticsearch could have made them up';
  const more = documents.length - documentsMax;
  return [
    ...documents.slice(0, documentsMax).flatMap((document) => [...describeDocument(document), '']),
    ...(more > 0 ? [`and ${more} more documents`, ''] : []),
    ...(origin === undefined
      ? []
      : [printable(`place: ${origin}${index === undefined ? '' : `, index ${index}`}`)]),
    ...(seal ? sealLines(seal) : []).map(printable),
    printable(`keys: ${keys}`),
    ...findings.map(findingLine),
    printable(`verdict: ${message}`),
  ];
}

/** The raw line may hold what acts on a terminal: that is written as `\\uXXXX`, which JSON reads as the same. */
function describeDocument(document: Stored): string[] {
  const readable = readableOf(document);
  return [
    ...documentLines(wordsOf(document)).map(printable),
    'readable:',
    ...(readable === undefined
      ? ['  not JSON, or more than a document of ours can be']
      : printableJson(JSON.stringify(readable, undefined, 2))
          .split('\n')
          .map((line) => `  ${line}`)),
    `raw: ${printable(document.source.toString())}`,
  ];
}

/** The same as one JSON value. */
export function eventObject(id: string, event: SingleEvent): object {
  const { documents, ...rest } = event;
  return {
    type: 'event',
    id,
    ...rest,
    documents: documents.slice(0, documentsMax).map((document) => ({
      ...wordsOf(document),
      raw: document.source.toString(),
      document: readableOf(document),
    })),
    documentsTotal: documents.length,
  };
}
