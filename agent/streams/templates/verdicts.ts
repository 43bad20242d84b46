import { boolean, date, eventKeywords, keyword, keywords, long, object, text, timestamp } from './fields.ts';
import type { Field } from './fields.ts';

/** Words of docs/seal-format.md §8, as member names: `bad signature` is `bad_signature`. */
const findingKinds = [
  'changed',
  'missing',
  'inserted',
  'fork',
  'bad_signature',
  'changed_record',
  'missing_record',
  'broken_chain',
  'epoch_missing',
  'log_missing',
  'gap',
  'incoherent',
  'begins_late',
  'clock_back',
  'ends_early',
  'silent',
  'sealed_in_the_future',
  'not_yet_recorded',
  'unlinked_epoch',
  'unknown_log',
  'unproven',
  'not_erased',
];

const counts = (...names: string[]) => Object.fromEntries(names.map((name) => [name, long]));

/**
 * The mapping of verdicts: what `auditseal verify --verdict-api-key-file` says of one verification, a document each
 * (docs/operations.md). ECS 9.4, and `auditseal.verify`. The members of arrays of objects are indexed on their own.
 */
export const verdictMapping: Field = {
  dynamic: false,
  properties: {
    '@timestamp': timestamp,
    data_stream: object(keywords('type', 'dataset', 'namespace')),
    ecs: object(keywords('version')),
    message: text,
    event: object({
      ...eventKeywords,
      start: date,
      end: date,
      duration: long,
    }),
    error: object({ message: text }),
    host: object(keywords('name', 'hostname')),
    agent: object(keywords('name', 'type', 'version')),
    orchestrator: object({ type: keyword, cluster: object(keywords('name')) }),
    auditseal: object({
      verify: object({
        v: long,
        verdict: keyword,
        exit_code: long,
        scope: keyword,
        from: date,
        to: date,
        as_of: date,
        trusted: boolean,
        ...counts(
          'records',
          'batches',
          'record_copies',
          'documents',
          'events',
          'refused',
          'copies',
          'expired',
          'erased',
        ),
        not_yet_recorded: long,
        first_event: date,
        last_event: date,
        findings_total: long,
        findings: object(counts(...findingKinds)),
        new_total: long,
        new_findings: object(counts(...findingKinds)),
        new_is_at_least: boolean,
        known_as_of: date,
        identities: object(keywords(...findingKinds)),
        excused: object(counts('acknowledged', 'retired')),
        statements: object(counts('counted', 'void')),
        sample: object({
          ...keywords('finding', 'identity', 'origin', 'id', 'detail'),
          index: long,
          batch: long,
        }),
        logs_total: long,
        oldest_newest_record: date,
        logs: object({ ...keywords('origin', 'key_from'), batches: long, size: long, newest_record: date }),
      }),
    }),
  },
};
