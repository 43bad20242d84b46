import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, made } from '../build.ts';
import type { Place, Shipper } from '../shipper.ts';

const packages = [
  'syslog-ng-core',
  'syslog-ng-mod-http',
  'libivykis0',
  'libnet1',
  'libpcre3',
  'libwrap0',
] as const;

let root = '';

/**
 * syslog-ng with a file source and its http destination, lines as they are, with flow control. It does not look for rotated files: with a
 * wildcard file source it reads each of them again under its new name (more than half of all events came twice). Its Debian packages conflict with
 * rsyslog's, so they are unpacked beside, not installed.
 */
export const syslogNg: Shipper = {
  name: 'syslog-ng',
  form: 'document',
  elasticsearch: '9.5.3',
  prepare: async () => {
    if (!existsSync('/usr/bin/apt-get')) return 'its packages are fetched by apt-get, which is not here';
    const done = await made({
      name: 'syslog-ng',
      from: packages,
      make: async (folder) => {
        await command(folder, 'apt-get', 'download', ...packages);
        for (const name of readdirSync(folder)) await command(folder, 'dpkg', '-x', name, 'root');
      },
    });
    if ('missing' in done) return done.missing;
    root = join(done.folder, 'root');
    return undefined;
  },
  command: (place) => {
    const libraries = readdirSync(join(root, 'usr/lib')).map((name) => join(root, 'usr/lib', name));
    const modules = join(root, 'usr/lib/syslog-ng/3.38');
    const more = readdirSync(join(root, 'lib'), { withFileTypes: true }).map(({ name }) =>
      join(root, 'lib', name),
    );
    const { state } = place;
    return {
      arguments: [
        join(root, 'usr/sbin/syslog-ng'),
        '-F',
        '--no-caps',
        `--cfgfile=${writeConfig(place)}`,
        `--persist-file=${join(state, 'persist')}`,
        `--control=${join(state, 'control')}`,
        `--pidfile=${join(state, 'pid')}`,
        `--module-path=${modules}`,
        '--worker-threads=4',
      ],
      environment: { LD_LIBRARY_PATH: [...libraries, ...more].join(':') },
    };
  },
};

function writeConfig({ logs, state, sinkPort }: Place): string {
  const config = join(state, 'syslog-ng.conf');
  const text = `@version: 3.38
options { stats-freq(0); log-msg-size(262144); threaded(yes); };
source audit {
  file("${join(logs, 'audit.log')}" flags(no-parse) follow-freq(0.2) log-fetch-limit(2000) log-iw-size(20000));
};
destination elasticsearch {
  http(url("http://127.0.0.1:${sinkPort}/_bulk") method("POST") headers("Content-Type: application/x-ndjson")
    body("{\\"index\\":{\\"_index\\":\\"audit\\"}}\\n$MESSAGE\\n")
    workers(2) batch-lines(3000) batch-bytes(5000Kb) batch-timeout(500) log-fifo-size(100000) retries(1000000)
    time-reopen(1) timeout(60) persist-name("elasticsearch"));
};
log { source(audit); destination(elasticsearch); flags(flow-control); };
`;
  writeFileSync(config, text);
  return config;
}
