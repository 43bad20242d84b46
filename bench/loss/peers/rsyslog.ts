import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rsyslogMissing } from '../../throughput/rsyslog.ts';
import type { Place, Shipper } from '../shipper.ts';

/**
 * rsyslog with imfile and omelasticsearch, lines as they are. Positions are stored often and only for what was submitted; the queue
 * is disk-assisted; failed requests are tried without end, and failed documents sent again.
 */
export const rsyslog: Shipper = {
  name: 'rsyslog',
  form: 'document',
  elasticsearch: '9.5.3',
  prepare: () => Promise.resolve(rsyslogMissing()),
  command: (place) => {
    const pid = join(place.state, 'pid');
    // Left by a kill, it would keep rsyslog from starting.
    rmSync(pid, { force: true });
    return { arguments: ['/usr/sbin/rsyslogd', '-n', '-f', writeConfig(place), '-i', pid] };
  },
};

function writeConfig({ logs, state, sinkPort }: Place): string {
  const config = join(state, 'rsyslog.conf');
  const text = `global(workDirectory="${state}" maxMessageSize="256k")
module(load="imfile" mode="inotify")
module(load="omelasticsearch")
template(name="document" type="list") { property(name="msg") }
input(type="imfile" file="${join(logs, 'audit*.log')}" tag="audit" ruleset="ship" freshStartTail="off"
  persistStateInterval="2000" persistStateAfterSubmission="on" maxSubmitAtOnce="2048")
ruleset(name="ship" queue.type="LinkedList" queue.size="50000" queue.dequeueBatchSize="3000"
  queue.minDequeueBatchSize="500" queue.workerThreads="2" queue.workerThreadMinimumMessages="3000"
  queue.filename="shipq" queue.maxDiskSpace="2g" queue.saveOnShutdown="on" queue.timeoutEnqueue="600000") {
  action(type="omelasticsearch" server="127.0.0.1" serverport="${sinkPort}" searchIndex="audit" searchType=""
    template="document" bulkmode="on" maxbytes="10m" retryfailures="on" retryruleset="ship"
    action.resumeRetryCount="-1" action.resumeInterval="1")
}
`;
  writeFileSync(config, text);
  return config;
}
