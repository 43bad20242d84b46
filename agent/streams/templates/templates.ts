import { eventStream, recordStream, verdictStream } from '../stream-names.ts';
import { eventMapping } from './events.ts';
import type { Field } from './fields.ts';
import { recordMapping } from './records.ts';
import { verdictMapping } from './verdicts.ts';

/** Raised with every change of what follows; a template of a higher version is left alone. */
export const templateVersion = 6;

/** Above the 100 of Elasticsearch's own `logs` and the 200 of integrations. */
const priority = 600;

/**
 * What a stream must be so that what is searched is what was sealed. A later document of the same bytes, another order
 * of its fields or a field added by a pipeline would all fail the verification.
 */
const settings = {
  index: {
    // Synthetic _source prints documents anew; logsdb chooses it by default.
    mode: 'standard',
    mapping: { source: { mode: 'stored' } },
    default_pipeline: '_none',
    final_pipeline: '_none',
    // Set, so that a shard never goes search-idle: a verifier must not wait for, or miss, the newest documents.
    refresh_interval: '1s',
  },
};

/** What is kept for how long, and how. */
export interface RetentionOptions {
  /** Of the events, and of the verdicts on them. */
  retentionDays: number;
  /**
   * Of the records. They prove what was there after it has expired. Always explicit, since a stream without a retention gets the
   * cluster's `data_streams.lifecycle.retention.default`. Default: a hundred years.
   */
  recordRetentionDays?: number | undefined;
  /** `index.codec`. Default: the server's. */
  codec?: 'best_compression' | 'default' | undefined;
  /** An ILM policy that manages the events' stream instead of a data stream lifecycle. */
  ilmPolicy?: string | undefined;
  /** Keys of annotations that are indexed besides the documented ones. */
  indexedAnnotations?: readonly string[] | undefined;
}

const recordRetentionDaysDefault = 36_500;

export interface Template {
  /** Path below the server's root that it is read from and put to. */
  path: string;
  name: string;
  body: Readonly<Record<string, unknown>>;
}

export interface StreamTemplate extends Template {
  stream: string;
  retentionDays: number;
  ilmPolicy: string | undefined;
  /** Of its documents. */
  mapping: Field;
}

/** All templates of a namespace: components first, since the index templates name them. */
export function templates(
  namespace: string,
  {
    retentionDays,
    recordRetentionDays = recordRetentionDaysDefault,
    codec = 'default',
    ilmPolicy,
    indexedAnnotations,
  }: RetentionOptions,
): { components: Template[]; events: StreamTemplate; records: StreamTemplate; verdicts: StreamTemplate } {
  const names = {
    settings: `auditseal-settings-${namespace}`,
    events: `auditseal-events-${namespace}`,
    records: `auditseal-records-${namespace}`,
    verdicts: `auditseal-verdicts-${namespace}`,
  };
  const mappings = {
    events: eventMapping(indexedAnnotations),
    records: recordMapping(),
    verdicts: verdictMapping,
  };
  return {
    components: [
      component(names.settings, { settings: { index: { ...settings.index, codec } } }),
      component(names.events, { mappings: mappings.events }),
      component(names.records, { mappings: mappings.records }),
      component(names.verdicts, { mappings: mappings.verdicts }),
    ],
    events: index(names.events, [names.settings, names.events], {
      stream: eventStream(namespace),
      retentionDays,
      ilmPolicy,
      mapping: mappings.events,
    }),
    records: index(names.records, [names.settings, names.records], {
      stream: recordStream(namespace),
      retentionDays: recordRetentionDays,
      // Never the events' policy: it would delete the records with the events.
      ilmPolicy: undefined,
      mapping: mappings.records,
    }),
    verdicts: index(names.verdicts, [names.settings, names.verdicts], {
      stream: verdictStream(namespace),
      retentionDays,
      ilmPolicy: undefined,
      mapping: mappings.verdicts,
    }),
  };
}

const about = { managed_by: 'auditseal' };

function component(name: string, template: Field): Template {
  const body = { version: templateVersion, _meta: about, template };
  return { path: `/_component_template/${encodeURIComponent(name)}`, name, body };
}

function index(
  name: string,
  composedOf: string[],
  kept: Pick<StreamTemplate, 'stream' | 'retentionDays' | 'ilmPolicy' | 'mapping'>,
): StreamTemplate {
  const body = {
    version: templateVersion,
    _meta: about,
    // Exactly our stream: a wildcard would catch the streams of others.
    index_patterns: [kept.stream],
    priority,
    data_stream: {},
    composed_of: composedOf,
    template: {
      ...managedBy(kept),
      // A refused document must be refused visibly, not put aside with a success.
      data_stream_options: { failure_store: { enabled: false } },
    },
  };
  return { path: `/_index_template/${encodeURIComponent(name)}`, name, body, ...kept };
}

function managedBy({ retentionDays, ilmPolicy }: Pick<StreamTemplate, 'retentionDays' | 'ilmPolicy'>): Field {
  return ilmPolicy === undefined
    ? { lifecycle: { data_retention: `${retentionDays}d` } }
    : { settings: ilmSettings(ilmPolicy) };
}

/** Flat index settings that hand a stream over to an ILM policy. */
export function ilmSettings(policy: string): Record<string, string | boolean> {
  return { 'index.lifecycle.name': policy, 'index.lifecycle.prefer_ilm': true };
}
