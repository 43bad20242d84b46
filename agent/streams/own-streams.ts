import { eventMapping } from './templates/events.ts';
import { mappedNames } from './templates/mapped-names.ts';
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
  /** Full names of all fields that our template maps. */
  mappedFields: readonly string[];
}

/** By these the verifier finds its way. */
const sealed = {
  ownField: 'auditseal.origin',
  wantedFields: { '@timestamp': 'date', 'auditseal.origin': 'keyword', 'auditseal.batch': 'long' },
};

/** What an agent writes to. */
export function agentStreams(namespace: string): OwnStream[] {
  return [
    { name: eventStream(namespace), ...sealed, mappedFields: mappedNames(eventMapping) },
    { name: recordStream(namespace), ...sealed, mappedFields: mappedNames(recordMapping()) },
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
    mappedFields: mappedNames(verdictMapping),
  };
  return [...agentStreams(namespace), { name: verdictStream(namespace), ...verdicts }];
}
