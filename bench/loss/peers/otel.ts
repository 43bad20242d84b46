import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, made } from '../build.ts';
import type { Place, Shipper } from '../shipper.ts';

const source = join(import.meta.dirname, 'otelcol');

let binary = '';

/**
 * The OpenTelemetry collector with filelog receiver, file storage and Elasticsearch exporter, lines as they are. Without a queue: each batch
 * is delivered before its position is stored. With a persistent queue it lost
 * more, in the outages; with compressed backups included it sent the bytes of gzip files as events.
 */
export const otel: Shipper = {
  name: 'OTel',
  form: 'message',
  elasticsearch: '9.5.3',
  prepare: async () => {
    const from = readdirSync(source).map((name) => readFileSync(join(source, name), 'utf8'));
    const make = async (folder: string): Promise<void> => {
      cpSync(source, folder, { recursive: true });
      if (!existsSync(join(folder, 'go.sum'))) await command(folder, 'go', 'mod', 'tidy');
      await command(folder, 'go', 'build', '-o', 'otelcol', '.');
    };
    const done = await made({ name: 'otelcol', from, make });
    if ('missing' in done) return done.missing;
    binary = join(done.folder, 'otelcol');
    return undefined;
  },
  command: (place) => ({ arguments: [binary, '--config', writeConfig(place)] }),
};

function writeConfig({ logs, state, sinkPort }: Place): string {
  const config = join(state, 'otel.yaml');
  const text = `receivers:
  filelog:
    include: ['${join(logs, 'audit*.log')}']
    start_at: beginning
    storage: file_storage
    poll_interval: 100ms
    max_log_size: 2MiB
    retry_on_failure: { enabled: true, max_elapsed_time: 0 }
extensions:
  file_storage: { directory: '${join(state, 'positions')}', create_directory: true, fsync: false }
exporters:
  elasticsearch:
    endpoints: ['http://127.0.0.1:${sinkPort}']
    logs_index: audit
    mapping: { mode: ecs }
    compression: gzip
    batcher: { enabled: false }
    sending_queue: { enabled: false }
    retry: { enabled: true, max_retries: 1000, initial_interval: 100ms, max_interval: 5s, retry_on_status: [429, 500, 502, 503, 504] }
service:
  extensions: [file_storage]
  telemetry: { logs: { level: warn }, metrics: { level: none } }
  pipelines: { logs: { receivers: [filelog], exporters: [elasticsearch] } }
`;
  writeFileSync(config, text);
  return config;
}
