import type { Labelled, SourceMeter } from './source-meter.ts';

/** One metric with a series for each source, read from its meter at each scrape. */
export interface Family {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  /** A label beside `source`. */
  label?: string;
  /** A number, or one for each value of the label; undefined: no series. */
  read: (meter: SourceMeter, now: Date) => number | Labelled | undefined;
}

const seconds = (time: string | undefined) => (time === undefined ? undefined : Date.parse(time) / 1000);
const tally = (kind: string) => (meter: SourceMeter) => meter.tallies.get(kind)?.get('') ?? 0;
const tallies = (kind: string) => (meter: SourceMeter) =>
  meter.tallies.get(kind) ?? new Map<string, number>();

/** Counters of what was read, decided and sealed: they are in the state and go on over restarts. */
const sealed: Family[] = [
  {
    name: 'auditseal_read_lines_total',
    type: 'counter',
    help: 'Lines of the audit log that were read, sealed and made durable.',
    read: (meter) => meter.read,
  },
  {
    name: 'auditseal_read_bytes_total',
    type: 'counter',
    help: 'Uncompressed bytes of those lines.',
    read: tally('readBytes'),
  },
  {
    name: 'auditseal_pieces_total',
    type: 'counter',
    help: 'Extra entries made by splitting lines in which events were glued together.',
    read: (meter) => meter.pieces,
  },
  {
    name: 'auditseal_malformed_total',
    type: 'counter',
    help: 'Entries that were not an audit event and were sealed as text.',
    read: tally('malformed'),
  },
  {
    name: 'auditseal_dropped_events_total',
    type: 'counter',
    help: 'Events that a rule of the policy dropped.',
    label: 'rule',
    read: tallies('dropped'),
  },
  {
    name: 'auditseal_reduced_events_total',
    type: 'counter',
    help: 'Events of which a rule of the policy cut the bodies.',
    label: 'rule',
    read: tallies('reduced'),
  },
  {
    name: 'auditseal_redacted_values_total',
    type: 'counter',
    help: 'Values that redaction took out.',
    label: 'rule',
    read: tallies('redacted'),
  },
  {
    name: 'auditseal_gaps_total',
    type: 'counter',
    help: 'Stretches of the audit log that are missing or not proven complete.',
    label: 'reason',
    read: tallies('gaps'),
  },
  {
    name: 'auditseal_clock_steps_total',
    type: 'counter',
    help: "Times that the node's clock was found before the previous batch's.",
    read: tally('clockSteps'),
  },
  {
    name: 'auditseal_copies_total',
    type: 'counter',
    help: 'Events announced as possibly there twice, byte-identical, after a rollover at an unknown outcome.',
    read: tally('copies'),
  },
  {
    name: 'auditseal_sealed_events_total',
    type: 'counter',
    help: 'Events sealed and durable on this node.',
    read: (meter) => meter.sealedEvents,
  },
  {
    name: 'auditseal_sealed_batches_total',
    type: 'counter',
    help: 'Batches sealed and durable on this node, heartbeats included.',
    read: (meter) => meter.sealedBatches,
  },
  {
    name: 'auditseal_epochs_total',
    type: 'counter',
    help: 'Logs (signing keys) begun by this state folder, by the reason.',
    label: 'reason',
    read: (meter) => meter.epochs,
  },
];

const detection: Family[] = [
  {
    name: 'auditseal_rule_matches_total',
    type: 'counter',
    help: 'Events that a rule of detection found, since this process began.',
    label: 'rule',
    read: (meter) => meter.matches,
  },
];

const signs: Family[] = [
  {
    name: 'auditseal_level_events_total',
    type: 'counter',
    help: 'Events that were read, by the level of the audit policy, since this process began.',
    label: 'level',
    read: (meter) => meter.levels?.(),
  },
  {
    name: 'auditseal_stage_events_total',
    type: 'counter',
    help: 'Events that were read, by their stage, since this process began.',
    label: 'stage',
    read: (meter) => meter.stages?.(),
  },
];

const delivery: Family[] = [
  {
    name: 'auditseal_shipped_events_total',
    type: 'counter',
    help: 'Events of batches that Elasticsearch has whole, record included.',
    read: (meter) => meter.shippedEvents,
  },
  {
    name: 'auditseal_shipped_batches_total',
    type: 'counter',
    help: 'Batches that Elasticsearch has whole, heartbeats included.',
    read: (meter) => meter.shippedBatches,
  },
  {
    name: 'auditseal_refused_events_total',
    type: 'counter',
    help: 'Events that Elasticsearch refused for good; sent in the refused form.',
    read: (meter) => meter.refused,
  },
  {
    name: 'auditseal_aside_events',
    type: 'gauge',
    help: 'Events refused in the refused form, too, and put aside on this node: missing until they are delivered.',
    read: (meter) => meter.quarantinedEvents,
  },
  {
    name: 'auditseal_retries_total',
    type: 'counter',
    help: 'Requests to Elasticsearch that failed and were tried again, since this process began.',
    label: 'cause',
    read: (meter) => meter.retries,
  },
  {
    name: 'auditseal_waiting_events',
    type: 'gauge',
    help: 'Events sealed and durable that Elasticsearch has not acknowledged.',
    read: (meter) => meter.waitingEvents,
  },
  {
    name: 'auditseal_waiting_batches',
    type: 'gauge',
    help: 'Batches sealed and durable that Elasticsearch has not acknowledged.',
    read: (meter) => meter.waitingBatches,
  },
  {
    name: 'auditseal_spool_bytes',
    type: 'gauge',
    help: 'Compressed bytes of the batches that wait.',
    read: (meter) => meter.waitingBytes,
  },
  {
    name: 'auditseal_last_acknowledged_timestamp_seconds',
    type: 'gauge',
    help: 'When Elasticsearch last acknowledged a whole batch, heartbeats included.',
    read: (meter) => seconds(meter.acknowledgedAt),
  },
  {
    name: 'auditseal_newest_shipped_event_timestamp_seconds',
    type: 'gauge',
    help: 'Time of the newest event that Elasticsearch has.',
    read: (meter) => seconds(meter.newestShipped),
  },
];

const state: Family[] = [
  {
    name: 'auditseal_source_readable',
    type: 'gauge',
    help: '1 if the audit log could be opened at the last look, 0 if not: no such folder, no right, no file for 2 minutes.',
    read: ({ readable }) => Number(readable),
  },
  {
    name: 'auditseal_lag_bytes',
    type: 'gauge',
    help: 'Bytes of the audit log not yet read, as far as the directory shows (no compressed backups); none where it cannot be read.',
    read: (meter) => meter.lagBytes,
  },
  {
    name: 'auditseal_lag_seconds',
    type: 'gauge',
    help: 'Age, by its own time, of the oldest event that Elasticsearch has not acknowledged; 0 when there is none.',
    read: (meter, now) => meter.lagSeconds(now),
  },
  {
    name: 'auditseal_paused',
    type: 'gauge',
    help: '1 while reading is paused for this reason: the spool is at its limit, or the disk at its floor or full.',
    label: 'reason',
    read: ({ paused }) =>
      new Map((['spool', 'disk'] as const).map((reason) => [reason, paused?.reason === reason ? 1 : 0])),
  },
  {
    name: 'auditseal_pauses_total',
    type: 'counter',
    help: 'Times that reading was paused, since this process began.',
    label: 'reason',
    read: (meter) => meter.pauses,
  },
  {
    name: 'auditseal_last_sealed_timestamp_seconds',
    type: 'gauge',
    help: 'When the newest durable batch was sealed, heartbeats included.',
    read: (meter) => seconds(meter.sealedAt),
  },
  {
    name: 'auditseal_log_info',
    type: 'gauge',
    help: '1, with the name of the log (cluster/node/source/epoch) that is being written.',
    label: 'origin',
    read: ({ log }) => log && new Map([[log.origin, 1]]),
  },
  {
    name: 'auditseal_log_size_entries',
    type: 'gauge',
    help: "Size of the log's tree: entries sealed in this epoch, manifests included.",
    read: ({ log }) => log?.size,
  },
  {
    name: 'auditseal_log_next_batch',
    type: 'gauge',
    help: 'Number of the batch that is sealed next in this epoch.',
    read: ({ log }) => log?.batch,
  },
];

const witnesses: Family[] = [
  {
    name: 'auditseal_last_cosigned_timestamp_seconds',
    type: 'gauge',
    help: "When a witness last cosigned a checkpoint, by the witness's own clock.",
    label: 'witness',
    read: (meter) => meter.cosigning.cosignedAt,
  },
  {
    name: 'auditseal_quorum_timestamp_seconds',
    type: 'gauge',
    help: 'When the last of a quorum of witnesses cosigned; where that has not been yet, when the agent began. Only with witnesses.',
    read: (meter) => meter.cosigning.quorumAt,
  },
  {
    name: 'auditseal_witness_failures_total',
    type: 'counter',
    help: 'Times that a witness did not cosign what it was asked for, since this process began.',
    label: 'witness',
    read: (meter) => meter.cosigning.failures,
  },
  {
    name: 'auditseal_witness_fork',
    type: 'gauge',
    help: '1 where a witness has seen another history of the log than this node has.',
    label: 'witness',
    read: (meter) => meter.cosigning.forks,
  },
  {
    name: 'auditseal_last_time_stamp_timestamp_seconds',
    type: 'gauge',
    help: 'When a time-stamping authority last stamped a checkpoint (RFC 3161), by the clock of this node.',
    read: (meter) => meter.stampedAt,
  },
  {
    name: 'auditseal_time_stamp_failures_total',
    type: 'counter',
    help: 'Times that no time-stamp came of what was asked for, since this process began.',
    read: (meter) => meter.stampFailures,
  },
];

/** Every metric that has a series for each source: docs/operations.md lists them. */
export const families: readonly Family[] = [
  ...sealed,
  ...detection,
  ...signs,
  ...delivery,
  ...witnesses,
  ...state,
];
