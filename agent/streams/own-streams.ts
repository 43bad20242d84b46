import { eventMapping } from './templates/events.ts';
import type { Field } from './templates/fields.ts';
import { mappedFields } from './templates/mapped-fields.ts';
import { recordMapping } from './templates/records.ts';
import { verdictMapping } from './templates/verdicts.ts';
import { eventStream, recordStream, verdictStream } from './stream-names.ts';

/** One of our data streams, and how its documents are told from those of others. */
export interface OwnStream {
  name: string;
  /** Every document of ours has it. */
  ownField: string;
  /** The least that must be mapped: path → type. */
  wantedFields: Readonly<Record<string, string>>;
  /** All fields that our template maps, by their full names. */
  mappedFields: ReadonlyMap<string, Field>;
}

/** By these the verifier finds its way. */
const sealed = {
  ownField: 'auditseal.origin',
  wantedFields: { '@timestamp': 'date', 'auditseal.origin': 'keyword', 'auditseal.batch': 'long' },
};

/** What an agent writes to. */
export function agentStreams(namespace: string): OwnStream[] {
  return [
    { name: eventStream(namespace), ...sealed, mappedFields: mappedFields(eventMapping()) },
    { name: recordStream(namespace), ...sealed, mappedFields: mappedFields(recordMapping()) },
  ];
}

/** All that there are. */
export function allStreams(namespace: string): OwnStream[] {
  const verdicts = {
    ownField: 'auditseal.verify.verdict',
    wantedFields: {
      '@timestamp': 'date',
      'auditseal.verify.verdict': 'keyword',
      'auditseal.verify.exit_code': 'long',
    },
    mappedFields: mappedFields(verdictMapping),
  };
  return [...agentStreams(namespace), { name: verdictStream(namespace), ...verdicts }];
}

/** What our template maps of a stream, by its name; of one that is none of ours nothing. */
export function mappedFieldsOf(stream: string): ReadonlyMap<string, Field> {
  const namespace = stream.slice(stream.lastIndexOf('-') + 1);
  return allStreams(namespace).find(({ name }) => name === stream)?.mappedFields ?? new Map<string, Field>();
}
