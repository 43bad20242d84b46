import type { Call } from './strace.ts';

/** A request to Elasticsearch as it left the process. */
interface SentRequest {
  path: string;
  body: Buffer;
  /** When the call with its first byte began. */
  began: number;
}

const headerEnd = '\r\n\r\n';
const windowBytes = 64;

/**
 * Checks that what a bulk request carries was on the disk before its first byte was sent. Stored bytes are sent as they are,
 * so the body's bytes are looked for in what was written to the write-ahead log; a sync of that log must have begun after
 * that write and returned before the request began. `sent` counts the requests that were checked; of those to `optional`
 * paths (start markers are not stored) only the ones that are found in the log.
 */
export function checkDurability(
  calls: readonly Call[],
  paths: { required: string; optional: string },
): { sent: number; problems: string[] } {
  const log = calls.filter(({ target }) => target.endsWith('/state.db-wal'));
  const writes = log.filter(({ name }) => name.startsWith('pwrite'));
  const syncs = log.filter(({ name, returned }) => name.endsWith('sync') && returned < Infinity);
  const problems: string[] = [];
  let sent = 0;
  for (const { path, body, began } of requestsOf(calls)) {
    const isRequired = path.startsWith(paths.required);
    if (!isRequired && !path.startsWith(paths.optional)) continue;
    const stored = windowsOf(body).flatMap(
      (bytes) => writes.find((write) => write.bytes.includes(bytes)) ?? [],
    );
    if (stored.length === 0) {
      if (isRequired) problems.push(`line ${began}: ${path} carries what was never stored`);
      continue;
    }
    sent += 1;
    const unsynced = stored.find(
      (write) => !syncs.some((sync) => sync.began > write.returned && sync.returned < began),
    );
    if (unsynced)
      problems.push(
        `line ${began}: ${path} was sent before what it carries (line ${unsynced.began}) was synced`,
      );
  }
  return { sent, problems };
}

/** Pieces that are long enough to be found in one place only. A write holds a page, so not all of them lie in one. */
function windowsOf(body: Buffer): Buffer[] {
  return Array.from({ length: Math.floor(body.length / windowBytes) }, (_, i) =>
    body.subarray(i * windowBytes, (i + 1) * windowBytes),
  );
}

/** HTTP/1.1 requests, read from what was written to each connection. */
function requestsOf(calls: readonly Call[]): SentRequest[] {
  const connections = Map.groupBy(
    calls.filter(({ target, bytes }) => target.startsWith('TCP') && bytes.length > 0),
    ({ target }) => target,
  );
  return [...connections.values()].flatMap((writes) => {
    const requests: SentRequest[] = [];
    const bytes = Buffer.concat(writes.map((write) => write.bytes));
    for (let at = 0; at < bytes.length;) {
      const bodyAt = bytes.indexOf(headerEnd, at) + headerEnd.length;
      const header = bytes.toString('latin1', at, bodyAt);
      const path = /^[A-Z]+ (\S+) HTTP\/1\.1\r\n/u.exec(header)?.[1];
      // A server's side of a connection, as that of /metrics.
      if (path === undefined || bodyAt < headerEnd.length) break;
      const end = bodyAt + Number(/^content-length: *(\d+)\r$/imu.exec(header)?.[1] ?? 0);
      requests.push({ path, body: bytes.subarray(bodyAt, end), began: callAt(writes, at).began });
      at = end;
    }
    return requests;
  });
}

/** The call that wrote the byte at an offset of a connection. */
function callAt(writes: readonly Call[], offset: number): Call {
  let end = 0;
  return writes.find((write) => (end += write.bytes.length) > offset)!;
}
