import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A write to a file or a socket, or a sync of a file, as strace saw it. Positions are lines of the trace, from 0. */
export interface Call {
  name: string;
  /** What strace -yy says of the file descriptor: a path, or `TCP:[…]`. */
  target: string;
  /** The line at which the call began, and the one at which it returned. */
  began: number;
  returned: number;
  /** What was written; as much of it as the call took. */
  bytes: Buffer;
}

/** The program and arguments to run a command under, so that {@link parseTrace} can read `file`. */
export function underStrace(file: string): string[] {
  const traced = 'trace=pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync';
  return ['strace', '-f', '--seccomp-bpf', '-yy', '-xx', '-s', '1000000', '-e', traced, '-o', file];
}

const whole = /^(\d+) +(\w+)\(\d+<((?:->|[^>])*)>(.*)$/u;
const resumed = /^(\d+) +<\.\.\. (\w+) resumed>(.*)$/u;
const buffer = /"((?:\\x[0-9a-f]{2})*)"/gu;
const result = /\) += (-?\d+)/u;

/** Why strace cannot be used here; undefined if it can. */
export async function whyNoStrace(): Promise<string | undefined> {
  return promisify(execFile)('strace', ['-f', '-o', '/dev/null', 'true']).then(
    () => undefined,
    (error: unknown) => `strace is missing (apt-get install strace) or may not trace here: ${String(error)}`,
  );
}

/** Calls in the order in which they began. Other threads' calls may come between a call and its return. */
export function parseTrace(text: string): Call[] {
  const calls: Call[] = [];
  const pending = new Map<string, Call>();
  for (const [at, line] of text.split('\n').entries()) {
    const again = resumed.exec(line);
    if (again) {
      const [, thread = '', , rest = ''] = again;
      const call = pending.get(thread);
      pending.delete(thread);
      if (call) finish(call, at, rest);
      continue;
    }
    const [, thread = '', name = '', path = '', rest = ''] = whole.exec(line) ?? [];
    if (name === '') continue;
    const call = { name, target: decodePath(path), began: at, returned: Infinity, bytes: bytesOf(rest) };
    calls.push(call);
    if (rest.endsWith('<unfinished ...>')) pending.set(thread, call);
    else finish(call, at, rest);
  }
  return calls;
}

function finish(call: Call, at: number, rest: string): void {
  const status = Number(result.exec(rest)?.[1] ?? -1);
  if (status < 0) call.bytes = Buffer.alloc(0);
  else {
    call.returned = at;
    if (call.bytes.length > status && !call.name.endsWith('sync'))
      call.bytes = call.bytes.subarray(0, status);
  }
}

function bytesOf(text: string): Buffer {
  return Buffer.concat([...text.matchAll(buffer)].map(([, hex = '']) => fromHex(hex)));
}

/** With -xx paths are written as bytes, too. */
function decodePath(path: string): string {
  return path.startsWith('\\x') ? fromHex(path).toString() : path;
}

function fromHex(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}
