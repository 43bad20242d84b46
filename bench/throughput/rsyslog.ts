import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place, Shipper } from './shipper.ts';

const rsyslogd = '/usr/sbin/rsyslogd';
const moduleFolders = [
  '/usr/lib/x86_64-linux-gnu/rsyslog',
  '/usr/lib/aarch64-linux-gnu/rsyslog',
  '/usr/lib/rsyslog',
];

/** Why rsyslog cannot be measured here, or undefined. */
export function rsyslogMissing(): string | undefined {
  if (!existsSync(rsyslogd))
    return `${rsyslogd} is not installed (Debian: apt-get install rsyslog rsyslog-elasticsearch)`;
  if (moduleFolders.some((folder) => existsSync(join(folder, 'omelasticsearch.so')))) return undefined;
  return 'omelasticsearch.so is not installed (Debian: apt-get install rsyslog-elasticsearch)';
}

/**
 * rsyslog with imfile and omelasticsearch, set up for throughput as its documentation advises (large batches, two workers, a
 * disk-assisted queue). `raw` sends each line as it is; `parsed` as mmjsonparse read it and rsyslog prints it again.
 */
export function rsyslog(variant: 'raw' | 'parsed'): Shipper {
  return {
    name: `rsyslog, ${variant}`,
    command: (place) => [rsyslogd, '-n', '-f', writeConfig(place, variant), '-i', join(place.state, 'pid')],
    expected: ({ lines }) => Promise.resolve(lines),
  };
}

function writeConfig({ logs, state, sinkPort }: Place, variant: 'raw' | 'parsed'): string {
  const config = join(state, 'rsyslog.conf');
  writeFileSync(
    config,
    `global(workDirectory="${state}" maxMessageSize="256k")
module(load="imfile" mode="inotify")
module(load="omelasticsearch")
module(load="mmjsonparse")
template(name="document" type="list") { property(name="${variant === 'raw' ? 'msg' : '$!all-json-plain'}") }
input(type="imfile" file="${join(logs, 'audit*.log')}" tag="audit" ruleset="ship" freshStartTail="off"
  persistStateInterval="2000" persistStateAfterSubmission="on" maxSubmitAtOnce="2048")
ruleset(name="ship" queue.type="LinkedList" queue.size="50000" queue.dequeueBatchSize="3000"
  queue.minDequeueBatchSize="500" queue.workerThreads="2" queue.workerThreadMinimumMessages="3000"
  queue.filename="shipq" queue.maxDiskSpace="2g" queue.saveOnShutdown="on" queue.timeoutEnqueue="600000") {
  ${variant === 'raw' ? '' : 'action(type="mmjsonparse" cookie="")'}
  action(type="omelasticsearch" server="127.0.0.1" serverport="${sinkPort}" searchIndex="audit" searchType=""
    template="document" bulkmode="on" maxbytes="10m" retryfailures="on" retryruleset="ship"
    action.resumeRetryCount="-1" action.resumeInterval="1")
}
`,
  );
  return config;
}
