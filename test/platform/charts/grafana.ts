/**
 * The Grafana dashboard of the chart: every metric family in a panel, most urgent first. `$source` and `$instance` are picked
 * above; the data source too, so that no id of one Grafana is in it.
 */

type Unit = 'short' | 'bytes' | 's' | 'ops' | 'Bps' | 'percentunit' | 'dateTimeFromNow' | 'none';

interface Panel {
  title: string;
  description: string;
  unit: Unit;
  /** PromQL and the legend of its series. */
  queries: [expression: string, legend: string][];
  /** A number each series, in place of lines over time. */
  stat?: true;
  /** Any value above 0 is red. */
  alarm?: true;
}

const of = '{instance=~"$instance",source=~"$source"}';
const by = '{{instance}} {{source}}';
const node = '{instance=~"$instance"}';
const rate = (name: string, labels: string) =>
  `sum by (${['instance', 'source', labels].filter(Boolean).join(', ')}) (rate(${name}${of}[$__rate_interval]))`;
const increase = (name: string, labels: string) =>
  `sum by (${['instance', 'source', labels].filter(Boolean).join(', ')}) (increase(${name}${of}[$__range]))`;
const age = (name: string) => `time() - ${name}${of}`;

const rows: { title: string; panels: Panel[] }[] = [
  {
    title: 'Is anything lost, or in danger',
    panels: [
      {
        title: 'Gaps',
        description:
          'Stretches of the audit log that are missing or not proven complete, in the time shown. Any is a loss until it is explained (AuditsealGap).',
        unit: 'none',
        queries: [[increase('auditseal_gaps_total', 'reason'), `${by} {{reason}}`]],
        stat: true,
        alarm: true,
      },
      {
        title: 'Sources that can be read',
        description: '0: the log or its folder cannot be opened (AuditsealSourceUnreadable).',
        unit: 'none',
        queries: [[`auditseal_source_readable${of}`, by]],
        stat: true,
      },
      {
        title: 'Oldest event not acknowledged',
        description:
          'Its age, by its own time. With Elasticsearch away it grows with the clock, and falls when it is back.',
        unit: 's',
        queries: [[`auditseal_lag_seconds${of}`, by]],
      },
      {
        title: 'Not yet read',
        description: 'Bytes of the audit log that were written and not read.',
        unit: 'bytes',
        queries: [[`auditseal_lag_bytes${of}`, by]],
      },
      {
        title: 'Spool',
        description: 'Compressed bytes that wait for Elasticsearch, and the limit at which reading pauses.',
        unit: 'bytes',
        queries: [
          [`auditseal_spool_bytes${of}`, by],
          [`auditseal_spool_limit_bytes${node}`, '{{instance}} limit'],
        ],
      },
      {
        title: 'Reading is paused',
        description:
          '1 while reading waits: the spool is full, or the disk is at its floor; and how often it did.',
        unit: 'none',
        queries: [
          [`auditseal_paused${of}`, `${by} {{reason}}`],
          [increase('auditseal_pauses_total', 'reason'), `${by} {{reason}}, times`],
        ],
      },
    ],
  },
  {
    title: 'Read, decide, seal',
    panels: [
      {
        title: 'Lines read',
        description: 'Lines, and extra entries made by splitting lines in which events were glued together.',
        unit: 'ops',
        queries: [
          [rate('auditseal_read_lines_total', ''), by],
          [rate('auditseal_pieces_total', ''), `${by} split off`],
        ],
      },
      {
        title: 'Bytes read',
        description: 'Uncompressed.',
        unit: 'Bps',
        queries: [[rate('auditseal_read_bytes_total', ''), by]],
      },
      {
        title: 'Dropped by policy',
        description: 'Events a second by rule.',
        unit: 'ops',
        queries: [[rate('auditseal_dropped_events_total', 'rule'), `${by} {{rule}}`]],
      },
      {
        title: 'Policy',
        description:
          'Whether a changed policy file is refused now (AuditsealPolicyRefused), and how often one was taken up.',
        unit: 'none',
        queries: [
          [`auditseal_policy_refused${node}`, '{{instance}} refused'],
          [
            `sum by (instance, result) (increase(auditseal_policy_reloads_total${node}[$__range]))`,
            '{{instance}} {{result}}',
          ],
        ],
      },
      {
        title: 'Directories of people',
        description:
          'How long ago each directory was read, and how many people it has; how often it could be read, and could not.',
        unit: 'none',
        queries: [
          [`auditseal_directory_age_seconds${node}`, '{{instance}} {{directory}} age, seconds'],
          [`auditseal_directory_people${node}`, '{{instance}} {{directory}} people'],
          [
            `sum by (instance, directory, result) (increase(auditseal_directory_refreshes_total${node}[$__range]))`,
            '{{instance}} {{directory}} {{result}}',
          ],
        ],
      },
      {
        title: 'Cut and redacted',
        description: 'Events whose bodies a rule cut, and values that redaction took out.',
        unit: 'ops',
        queries: [
          [rate('auditseal_reduced_events_total', 'rule'), `${by} cut: {{rule}}`],
          [rate('auditseal_redacted_values_total', 'rule'), `${by} redacted: {{rule}}`],
        ],
      },
      {
        title: 'Found by rules',
        description: 'Events that rules of detection found, by rule.',
        unit: 'ops',
        queries: [[rate('auditseal_rule_matches_total', 'rule'), `${by}: {{rule}}`]],
      },
      {
        title: 'What decides what gets logged',
        description:
          'By check: 1 a warning, 2 a problem (AuditsealDrift); looks that failed; auditseal doctor says what to do.',
        unit: 'none',
        queries: [
          [`auditseal_drift${node} > 0`, '{{instance}}: {{check}}'],
          [
            `sum by (instance, result) (increase(auditseal_drift_looks_total${node}[$__range]))`,
            '{{instance}} looks: {{result}}',
          ],
        ],
      },
      {
        title: 'Audit policy files',
        description:
          'A line a digest: more than one means that nodes differ (AuditsealAuditPolicyDiffers); and changes of them.',
        unit: 'none',
        queries: [
          [`count by (digest) (auditseal_audit_policy_info${node})`, '{{digest}}'],
          [
            `sum by (instance, effect) (increase(auditseal_audit_policy_changes_total${node}[$__range]))`,
            '{{instance}} changed: {{effect}}',
          ],
        ],
      },
      {
        title: 'Events by level and stage',
        description: 'As the audit policy of the apiserver has them; one that ends is drift.',
        unit: 'ops',
        queries: [
          [rate('auditseal_level_events_total', 'level'), `${by}: {{level}}`],
          [rate('auditseal_stage_events_total', 'stage'), `${by}: {{stage}}`],
        ],
      },
      {
        title: 'Sealed',
        description: 'Events that are sealed and on the disk of the node.',
        unit: 'ops',
        queries: [[rate('auditseal_sealed_events_total', ''), by]],
      },
      {
        title: 'Since the newest batch was sealed',
        description:
          'Heartbeats seal a batch where nothing happens: it grows only where the agent stands still.',
        unit: 's',
        queries: [[age('auditseal_last_sealed_timestamp_seconds'), by]],
      },
      {
        title: 'Not as an apiserver writes it',
        description:
          'Entries that are no audit event, steps of the clock, events that may be there twice, logs begun.',
        unit: 'none',
        queries: [
          [increase('auditseal_malformed_total', ''), `${by} no event`],
          [increase('auditseal_clock_steps_total', ''), `${by} clock steps`],
          [increase('auditseal_copies_total', ''), `${by} copies`],
          [increase('auditseal_epochs_total', 'reason'), `${by} log begun: {{reason}}`],
        ],
      },
      {
        title: 'Logs',
        description: 'Entries in the tree of each log, and the number of its next batch.',
        unit: 'short',
        queries: [
          [
            `auditseal_log_size_entries${of} * on (instance, source) group_left (origin) auditseal_log_info${of}`,
            '{{origin}} entries',
          ],
          [`auditseal_log_next_batch${of}`, `${by} next batch`],
          [rate('auditseal_sealed_batches_total', ''), `${by} batches a second`],
        ],
      },
    ],
  },
  {
    title: 'Deliver',
    panels: [
      {
        title: 'Acknowledged by Elasticsearch',
        description: 'Events of batches that it has whole.',
        unit: 'ops',
        queries: [
          [rate('auditseal_shipped_events_total', ''), by],
          [rate('auditseal_shipped_batches_total', ''), `${by} batches`],
        ],
      },
      {
        title: 'From event to acknowledgement',
        description: 'Median and 99th percentile.',
        unit: 's',
        queries: [0.5, 0.99].map((quantile) => [
          `histogram_quantile(${quantile}, sum by (le, instance, source) (rate(auditseal_delivery_seconds_bucket${of}[$__rate_interval])))`,
          `${by} p${quantile * 100}`,
        ]),
      },
      {
        title: 'Waiting',
        description: 'Events that are sealed and not acknowledged.',
        unit: 'short',
        queries: [
          [`auditseal_waiting_events${of}`, by],
          [`auditseal_waiting_batches${of}`, `${by} batches`],
        ],
      },
      {
        title: 'Failed requests, tried again',
        description: 'By cause (AuditsealUnauthorized, AuditsealDropped, AuditsealNotShipping).',
        unit: 'ops',
        queries: [
          [rate('auditseal_retries_total', 'cause'), `${by} {{cause}}`],
          [
            `sum by (instance) (rate(auditseal_lookup_failures_total${node}[$__rate_interval]))`,
            '{{instance}} lookup',
          ],
        ],
      },
      {
        title: 'Refused and put aside',
        description:
          'Events that Elasticsearch refused in their first form; and those that it refused in every form: missing there until they are delivered.',
        unit: 'none',
        queries: [
          [increase('auditseal_refused_events_total', ''), `${by} refused`],
          [`auditseal_aside_events${of}`, `${by} aside`],
        ],
      },
      {
        title: 'Since the last acknowledgement',
        description: 'And the age of the newest event that Elasticsearch has.',
        unit: 's',
        queries: [
          [age('auditseal_last_acknowledged_timestamp_seconds'), by],
          [age('auditseal_newest_shipped_event_timestamp_seconds'), `${by} newest event`],
        ],
      },
    ],
  },
  {
    title: 'Notify',
    panels: [
      {
        title: 'Notifications',
        description: 'Requests to each endpoint that it took, and those that failed and were tried again.',
        unit: 'none',
        queries: [
          [
            `sum by (instance, endpoint, result) (increase(auditseal_notifications_total${node}[$__range]))`,
            '{{instance}} {{endpoint}} {{result}}',
          ],
        ],
      },
      {
        title: 'Waiting to be told',
        description: 'Alerts in the outbox of each endpoint. With more than 250 the oldest are dropped.',
        unit: 'none',
        queries: [[`auditseal_notifications_waiting${node}`, '{{instance}} {{endpoint}}']],
      },
      {
        title: 'Endpoints that are off',
        description:
          '1: the receiver takes nothing as it is set up, and nobody is told there (AuditsealNotificationsFailing).',
        unit: 'none',
        queries: [[`auditseal_notification_endpoint_off${node}`, '{{instance}} {{endpoint}}']],
        stat: true,
        alarm: true,
      },
    ],
  },
  {
    title: 'Witnesses',
    panels: [
      {
        title: 'Since the newest cosignature',
        description:
          'Of each witness, and of the quorum: history is fixed up to there (AuditsealCosignatureOld).',
        unit: 's',
        queries: [
          [age('auditseal_quorum_timestamp_seconds'), `${by} quorum`],
          [age('auditseal_last_cosigned_timestamp_seconds'), `${by} {{witness}}`],
        ],
      },
      {
        title: 'Since the last time-stamp',
        description: 'And requests to the authority that none came of.',
        unit: 's',
        queries: [
          [age('auditseal_last_time_stamp_timestamp_seconds'), by],
          [
            `sum by (instance, source) (increase(auditseal_time_stamp_failures_total${node}[$__range]))`,
            `${by} failed`,
          ],
        ],
      },
      {
        title: 'Not cosigned',
        description: 'Requests that a witness did not answer with a cosignature.',
        unit: 'none',
        queries: [
          [
            `sum by (instance, witness) (increase(auditseal_witness_failures_total${node}[$__range]))`,
            '{{instance}} {{witness}}',
          ],
        ],
      },
      {
        title: 'Another history',
        description: '1: a witness has seen another history of the log (AuditsealFork).',
        unit: 'none',
        queries: [[`auditseal_witness_fork${node}`, `${by} {{witness}}`]],
        stat: true,
        alarm: true,
      },
    ],
  },
  {
    title: 'The node',
    panels: [
      {
        title: 'Durable transactions',
        description: '99th percentile of their duration, fsync included: slow here is slow for etcd, too.',
        unit: 's',
        queries: [
          [
            `histogram_quantile(0.99, sum by (le, instance) (rate(auditseal_commit_seconds_bucket${node}[$__rate_interval])))`,
            '{{instance}}',
          ],
        ],
      },
      {
        title: 'Transactions',
        description: 'A second; and those tried again because the disk was full.',
        unit: 'ops',
        queries: [
          [`rate(auditseal_commits_total${node}[$__rate_interval])`, '{{instance}}'],
          [`rate(auditseal_commit_retries_total${node}[$__rate_interval])`, '{{instance}} again'],
        ],
      },
      {
        title: 'Disk of the state folder',
        description: 'Free, and the floor at which reading pauses.',
        unit: 'bytes',
        queries: [
          [`auditseal_disk_free_bytes${node}`, '{{instance}}'],
          [`auditseal_disk_free_min_bytes${node}`, '{{instance}} floor'],
        ],
      },
      {
        title: 'CPU',
        description: 'Of the agent, in cores.',
        unit: 'percentunit',
        queries: [
          [
            `rate(process_cpu_seconds_total{job="auditseal",instance=~"$instance"}[$__rate_interval])`,
            '{{instance}}',
          ],
        ],
      },
      {
        title: 'Memory',
        description: 'Of the agent.',
        unit: 'bytes',
        queries: [[`process_resident_memory_bytes{job="auditseal",instance=~"$instance"}`, '{{instance}}']],
      },
      {
        title: 'Clock against Prometheus',
        description: 'Seconds by which the node’s clock is ahead of the scrape.',
        unit: 's',
        queries: [
          [
            `auditseal_clock_timestamp_seconds${node} - timestamp(auditseal_clock_timestamp_seconds${node})`,
            '{{instance}}',
          ],
        ],
      },
      {
        title: 'Since the start',
        description: 'Of each agent’s process.',
        unit: 's',
        queries: [
          [`time() - process_start_time_seconds{job="auditseal",instance=~"$instance"}`, '{{instance}}'],
        ],
        stat: true,
      },
      {
        title: 'Versions',
        description: 'Of auditseal and of Node.',
        unit: 'none',
        queries: [
          [
            `count by (version, node_version) (auditseal_build_info${node})`,
            'auditseal {{version}}, Node {{node_version}}',
          ],
        ],
        stat: true,
      },
    ],
  },
];

const datasource = { type: 'prometheus', uid: '${datasource}' };
const columns = 24;
const width = 8;
const height = 8;

const query = (name: string, text: string) => ({
  name,
  label: name,
  type: 'query',
  datasource,
  query: { query: text, refId: name },
  definition: text,
  refresh: 2,
  includeAll: true,
  multi: true,
  allValue: '.*',
  current: { text: 'All', value: '$__all' },
  sort: 1,
});

/** `files/grafana-dashboard.json`, in the form that Grafana 9 and newer import. */
export function grafanaDashboard(): object {
  let y = 0;
  let id = 0;
  const panels = rows.flatMap(({ title, panels: own }) => {
    const head = {
      id: (id += 1),
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { h: 1, w: columns, x: 0, y },
    };
    y += 1;
    const placed = own.map((panel, i) => {
      const x = (i * width) % columns;
      const at = { h: height, w: width, x, y: y + Math.floor((i * width) / columns) * height };
      return panelOf(panel, (id += 1), at);
    });
    y += Math.ceil(own.length / (columns / width)) * height;
    return [head, ...placed];
  });
  return {
    uid: 'auditseal',
    title: 'auditseal',
    description:
      'Kubernetes audit logs on their way into Elasticsearch: is anything lost, what is read, sealed and delivered, and what it costs the node. docs/operations.md has a section for each alert.',
    tags: ['auditseal', 'kubernetes', 'audit'],
    schemaVersion: 39,
    editable: true,
    time: { from: 'now-6h', to: 'now' },
    refresh: '1m',
    templating: {
      list: [
        { name: 'datasource', label: 'data source', type: 'datasource', query: 'prometheus', current: {} },
        query('instance', 'label_values(auditseal_build_info, instance)'),
        query('source', 'label_values(auditseal_source_readable{instance=~"$instance"}, source)'),
      ],
    },
    annotations: { list: [] },
    panels,
  };
}

function panelOf(
  { title, description, unit, queries, stat, alarm }: Panel,
  id: number,
  gridPos: object,
): object {
  const steps = alarm
    ? [
        { color: 'green', value: null },
        { color: 'red', value: 0.5 },
      ]
    : [{ color: 'green', value: null }];
  return {
    id,
    type: stat ? 'stat' : 'timeseries',
    title,
    description,
    datasource,
    gridPos,
    fieldConfig: {
      defaults: { unit, min: 0, thresholds: { mode: 'absolute', steps }, ...(stat && { noValue: '0' }) },
      overrides: [],
    },
    options: stat
      ? { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, textMode: 'value_and_name' }
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: queries.map(([expr, legendFormat], i) => ({
      refId: String.fromCharCode(65 + i),
      datasource,
      expr,
      legendFormat,
      ...(stat && { instant: true }),
    })),
  };
}
