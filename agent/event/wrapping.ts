/** How an apiserver's events lie in a file: one a line as it writes them, or each line inside another program's. */
export const lineFormats = ['json', 'cri', 'docker', 'auto'] as const;
export type LineFormat = (typeof lineFormats)[number];

/** What a container runtime or a system's log put around a line, or a part of one. */
export interface Wrapped {
  readonly content: Buffer;
  /** The container's stream: parts of its lines follow one another, those of the other stream may lie between them. */
  readonly stream: string;
  /** The line goes on with the next one of this stream. */
  readonly isPart: boolean;
}

/** Time, stream and tags of a line: kubernetes/cri-api, and pkg/kubelet/kuberuntime/logs. Runtimes split lines of 16 KiB. */
const cri =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([PF])(?::[^ ]*)? /u;
const criUnitsMax = 256;

const brace = 0x7b;

/**
 * What programs that write to a system's log put before a line, or `oc adm node-logs` before each: words without braces and quotes,
 * at most {@link prefixUnitsMax} bytes. No event begins so, nor does what is left of one.
 */
const prefix = /^[^{}"\p{Cc}]{1,255} $/u;
const prefixUnitsMax = 256;

/**
 * Takes a line out of what is around it. It never throws.
 *
 * @param line without its newline
 * @returns undefined if the line is not of the format
 */
export function unwrap(line: Buffer, format: LineFormat): Wrapped | undefined {
  if (format === 'json' || line.length === 0) return undefined;
  const isAuto = format === 'auto';
  if (line[0] === brace) return isAuto || format === 'docker' ? ofDocker(line) : undefined;
  if (format === 'docker') return undefined;
  return ofCri(line) ?? (isAuto ? ofPrefix(line) : undefined);
}

function ofCri(line: Buffer): Wrapped | undefined {
  const [head, stream, tag] = cri.exec(line.toString('latin1', 0, criUnitsMax)) ?? [];
  if (head === undefined || stream === undefined) return undefined;
  return { content: line.subarray(head.length), stream, isPart: tag === 'P' };
}

/** `{"log":"…\n","stream":"stdout","time":"…"}` of Docker's json-file driver: a part has no line feed at its end. */
function ofDocker(line: Buffer): Wrapped | undefined {
  if (!line.subarray(0, dockerBeginning.length).equals(dockerBeginning)) return undefined;
  try {
    const { log, stream, time, ...rest } = JSON.parse(line.toString()) as Record<string, unknown>;
    const isDocker = typeof log === 'string' && typeof stream === 'string' && typeof time === 'string';
    if (!isDocker || Object.keys(rest).some((name) => name !== 'attrs')) return undefined;
    const isPart = !log.endsWith('\n');
    return { content: Buffer.from(isPart ? log : log.slice(0, -1)), stream, isPart };
  } catch {
    return undefined;
  }
}

const dockerBeginning = Buffer.from('{"log":"');

function ofPrefix(line: Buffer): Wrapped | undefined {
  const at = line.indexOf(brace);
  if (at <= 0 || at > prefixUnitsMax || !prefix.test(line.toString('latin1', 0, at))) return undefined;
  return { content: line.subarray(at), stream: '', isPart: false };
}
