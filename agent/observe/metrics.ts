import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Manifest } from '../seal/index.ts';

/** Every metric of the agent, in one place: docs/operations.md lists them. Invariant: read + pieces = dropped + sealed. */
export class Metrics {
  readonly registry = new Registry();
  readonly #lags = new Map<string, () => Promise<number>>();
  readonly readLines = this.#counter('auditseal_read_lines_total', 'Lines read from the audit log', [
    'source',
  ]);
  readonly readBytes = this.#counter(
    'auditseal_read_bytes_total',
    'Uncompressed bytes read from the audit log',
    ['source'],
  );
  readonly pieces = this.#counter('auditseal_pieces_total', 'Extra entries made by splitting glued lines', [
    'source',
  ]);
  readonly malformed = this.#counter(
    'auditseal_malformed_total',
    'Entries that were not an audit event, sealed as text',
    ['source'],
  );
  readonly dropped = this.#counter('auditseal_dropped_events_total', 'Events dropped by policy', [
    'source',
    'rule',
  ]);
  readonly reduced = this.#counter(
    'auditseal_reduced_events_total',
    'Events of which policy cut the bodies',
    ['source', 'rule'],
  );
  readonly gaps = this.#counter(
    'auditseal_gaps_total',
    'Stretches of the audit log known or assumed missing',
    ['source', 'reason'],
  );
  readonly sealedEvents = this.#counter('auditseal_sealed_events_total', 'Events sealed and durable', [
    'source',
  ]);
  readonly sealedBatches = this.#counter(
    'auditseal_sealed_batches_total',
    'Batches sealed and durable, heartbeats included',
    ['source'],
  );
  readonly shippedEvents = this.#counter(
    'auditseal_shipped_events_total',
    'Events of batches that Elasticsearch has whole',
    ['source'],
  );
  readonly shippedBatches = this.#counter(
    'auditseal_shipped_batches_total',
    'Batches that Elasticsearch has whole',
    ['source'],
  );
  readonly refused = this.#counter(
    'auditseal_refused_events_total',
    'Events that Elasticsearch refused for good, sent in the refused form',
    ['source'],
  );
  readonly retries = this.#counter(
    'auditseal_retries_total',
    'Requests to Elasticsearch that were tried again',
    ['source', 'cause'],
  );
  readonly commits = this.#counter('auditseal_commits_total', 'Durable transactions', []);
  readonly spoolBytes = this.#gauge(
    'auditseal_spool_bytes',
    'Compressed bytes sealed and not yet acknowledged',
    ['source'],
  );
  readonly lagBytes = this.#lagGauge();
  readonly newestEvent = this.#gauge(
    'auditseal_newest_shipped_event_timestamp_seconds',
    'Time of the newest event that Elasticsearch has',
    ['source'],
  );
  readonly paused = this.#gauge(
    'auditseal_paused',
    '1 while reading is paused because the spool or the disk is full',
    ['source'],
  );
  readonly deliverySeconds = new Histogram({
    name: 'auditseal_delivery_seconds',
    help: 'From the newest event of a batch to its acknowledgement',
    labelNames: ['source'],
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200],
    registers: [this.registry],
  });

  /** Asked at each scrape, since nobody needs it in between. */
  watchLag(source: string, lagBytes: () => Promise<number>): void {
    this.#lags.set(source, lagBytes);
  }

  /** Counts what a durable batch says of itself, so that the metrics and the manifests cannot disagree. */
  countSealed(source: string, manifest: Manifest): void {
    this.readLines.inc({ source }, manifest.read);
    this.readBytes.inc(
      { source },
      manifest.sources.reduce((sum, { start, end }) => sum + end - start, 0),
    );
    this.pieces.inc({ source }, manifest.pieces);
    this.malformed.inc({ source }, manifest.malformed);
    for (const [rule, count] of Object.entries(manifest.dropped)) this.dropped.inc({ source, rule }, count);
    for (const [rule, count] of Object.entries(manifest.reduced)) this.reduced.inc({ source, rule }, count);
    this.sealedEvents.inc({ source }, manifest.count);
    this.sealedBatches.inc({ source });
  }

  #lagGauge(): Gauge {
    const lags = this.#lags;
    return new Gauge({
      name: 'auditseal_lag_bytes',
      help: 'Bytes of the audit log not yet read, as far as the directory shows',
      labelNames: ['source'],
      registers: [this.registry],
      async collect() {
        for (const [source, lagBytes] of lags) this.set({ source }, await lagBytes());
      },
    });
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}
