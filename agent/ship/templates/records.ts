import { keyword, keywords, long, object, sourceOnly, timestamp, type Field } from './fields.ts';

/** The mapping of batch records, notes and markers (seal-format.md §4, §6). */
export const recordMapping: Field = {
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
