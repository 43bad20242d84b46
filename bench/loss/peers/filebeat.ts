import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, made } from '../build.ts';
import type { Place, Shipper } from '../shipper.ts';

const version = 'v7.17.29';
const beats = 'github.com/elastic/beats/v7';
const source = join(import.meta.dirname, 'filebeat/main.go');

let binary = '';

/**
 * Filebeat with its filestream input, lines as they are: the newest version that its published Go module builds. Removed files are read to their
 * end, and their positions kept: with the defaults it lost thousands of events in steady compression. */
export const filebeat: Shipper = {
  name: 'Filebeat',
  form: 'message',
  elasticsearch: '8.19.9',
  prepare: async () => {
    const done = await made({ name: 'filebeat', from: [version, readFileSync(source, 'utf8')], make: build });
    if ('missing' in done) return done.missing;
    binary = join(done.folder, 'filebeat');
    return undefined;
  },
  command: (place) => ({
    arguments: [binary, '-c', writeConfig(place), '--path.home', place.state],
  }),
};

/** Its module holds only with the replacements in its own go.mod, which Go heeds in the main module alone. */
async function build(folder: string): Promise<void> {
  copyFileSync(source, join(folder, 'main.go'));
  const downloaded: unknown = JSON.parse(
    await command(folder, 'go', 'mod', 'download', '-json', `${beats}@${version}`),
  );
  copyFileSync((downloaded as { GoMod: string }).GoMod, join(folder, 'go.mod'));
  chmodSync(join(folder, 'go.mod'), 0o644);
  const edits = ['-module=auditseal/bench/filebeat', `-require=${beats}@${version}`];
  // Used by no input that is built here, and its replacement is not in Go's checksum database.
  edits.push('-dropreplace=github.com/Azure/azure-sdk-for-go');
  await command(folder, 'go', 'mod', 'edit', ...edits);
  await command(folder, 'go', 'mod', 'tidy', '-e');
  await command(folder, 'go', 'build', '-o', 'filebeat', '.');
}

function writeConfig({ logs, state, sinkPort }: Place): string {
  const config = join(state, 'filebeat.yml');
  const text = `filebeat.inputs:
  - type: filestream
    id: audit
    paths: ['${join(logs, 'audit*.log')}']
    prospector.scanner.check_interval: 1s
    close.on_state_change.removed: false
    clean_removed: false
queue.mem: { events: 16384, flush.min_events: 3000, flush.timeout: 1s }
setup.ilm.enabled: false
setup.template.enabled: false
output.elasticsearch:
  hosts: ['http://127.0.0.1:${sinkPort}']
  index: audit
  worker: 2
  bulk_max_size: 3000
  compression_level: 1
  max_retries: -1
  backoff: { init: 1s, max: 5s }
path.data: ${state}
path.logs: ${join(state, 'logs')}
logging.level: warning
logging.to_stderr: true
`;
  // Filebeat refuses a configuration that others may write.
  writeFileSync(config, text, { mode: 0o600 });
  return config;
}
