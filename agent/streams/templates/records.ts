import { defaultPolicy } from '../../policy/index.ts';
import { flatObject, keyword, keywords, long, object, sourceOnly, timestamp } from './fields.ts';
import type { Field } from './fields.ts';

/**
 * The mapping of batch records, notes and markers (seal-format.md §4, §6). Of the rules that drop, those of the default policy
 * are indexed; what other policies call theirs is in `_source` alone: a field for each name that anybody gives to a rule
 * would end at the limit on fields, and a record that is refused stops its log.
 */
export function recordMapping(): Field {
  return {
    dynamic: false,
    properties: {
      '@timestamp': timestamp,
      data_stream: object(keywords('type', 'dataset', 'namespace')),
      auditseal: object({
        origin: keyword,
        v: long,
        batch: long,
        size: long,
        first: long,
        count: long,
        read: long,
        dropped: long,
        // Flat: with `a` and `a.b` as paths one of them would have to be an object.
        dropped_by: flatObject(Object.fromEntries(defaultPolicy().droppingRules.map((name) => [name, long]))),
        gaps: long,
        index: long,
        manifest: sourceOnly,
        checkpoint: sourceOnly,
        vkey: sourceOnly,
        leaf_hashes: sourceOnly,
        frontier: sourceOnly,
        note: sourceOnly,
      }),
    },
  };
}
