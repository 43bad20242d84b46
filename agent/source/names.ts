/** What a file name says about a backup of the live file. */
export interface BackupName {
  /** The name without `.gz` or `.zst`: `x.log` and `x.log.gz` are one file. Of `audit.log.gz`, which no live file may be taken for, the name. */
  stem: string;
  compressed: boolean;
  /** Which scheme, older schemes first; then `order` compares as text, oldest first. */
  rank: number;
  order: string;
  /** When it was renamed (Unix milliseconds), if the name says so exactly. */
  rotatedAt?: number;
}

interface Scheme {
  pattern: RegExp;
  rank: number;
  order: (match: string) => string | undefined;
  rotatedAt?: (match: string) => number;
}

const escape = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** lumberjack's backupTimeFormat `2006-01-02T15-04-05.000`, always UTC in kube-apiserver. */
function stampMilliseconds(stamp: string): number {
  return Date.parse(`${stamp.slice(0, 13)}:${stamp.slice(14, 16)}:${stamp.slice(17)}Z`);
}

const number = String.raw`\d{1,6}`;
const stampForm = String.raw`\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}`;
/** logrotate's `dateext`, with a `dateformat` that may have hours or seconds. */
const date = String.raw`\d{8}(?:[-_]?\d{2,10})?`;

/** Numbers rise as files age. */
const falling = (text: string) => String(999_999 - Number(text)).padStart(6, '0');

/**
 * The ways a rotated file is named, in the order in which files of different schemes are read. An outside logrotate
 * (numbers, dates, `extension`: its man page) is a stranger to the writer, so its files come first: only the writer's
 * own names can be followed by the live file. Where it rotates the writer's backups once more (kubernetes#64760), they
 * stay in their place.
 */
function schemes(live: string): Scheme[] {
  const dot = live.lastIndexOf('.');
  const prefix = escape(dot === -1 ? live : live.slice(0, dot));
  const extension = escape(dot === -1 ? '' : live.slice(dot));
  const name = escape(live);
  const stampOf = (stamp: string) => (Number.isNaN(stampMilliseconds(stamp)) ? undefined : stamp);
  return [
    { pattern: new RegExp(`^${name}[.-](${date})$`), rank: 0, order: (of) => of },
    { pattern: new RegExp(`^${prefix}-(${date})${extension}$`), rank: 0, order: (of) => of },
    { pattern: new RegExp(`^${name}\\.(${number})$`), rank: 1, order: falling },
    { pattern: new RegExp(`^${prefix}\\.(${number})${extension}$`), rank: 1, order: falling },
    {
      pattern: new RegExp(`^${prefix}-(${stampForm})${extension}\\.${number}$`),
      rank: 2,
      order: stampOf,
    },
    {
      pattern: new RegExp(`^${prefix}-(${stampForm})${extension}$`),
      rank: 2,
      order: stampOf,
      rotatedAt: stampMilliseconds,
    },
  ];
}

/** How the end of a compressed file's name says so: gzip (lumberjack, logrotate) and Zstandard (logrotate's `compresscmd`). */
const compressedEnd = /\.(?:gz|zst)$/u;
export const compressedEnds = ['.gz', '.zst'] as const;

/**
 * A reader of the names beside a live file called `live` (`audit.log`): lumberjack's
 * `audit-2026-11-23T00-44-38.561.log`; logrotate's `audit.log.1`, `audit.1.log`, `audit.log-20261123` and
 * `audit-20261123.log`; kubelet's `0.log.20261123-004438`; each also with `.gz` or `.zst`; and `audit.log.gz`.
 * It answers undefined for every other name, the live file's own included.
 */
export function backupNames(live: string): (name: string) => BackupName | undefined {
  const table = schemes(live);
  return (name) => {
    const compressed = compressedEnd.test(name);
    const stem = name.replace(compressedEnd, '');
    // logrotate with `rotate 1` and no number, or somebody's own gzip: the newest of its kind.
    if (compressed && stem === live) return { stem: name, compressed, rank: 1, order: falling('0') };
    for (const scheme of table) {
      const match = scheme.pattern.exec(stem)?.[1];
      const order = match === undefined ? undefined : scheme.order(match);
      if (match === undefined || order === undefined) continue;
      const rotatedAt = scheme.rotatedAt?.(match);
      return {
        stem,
        compressed,
        rank: scheme.rank,
        order,
        ...(rotatedAt === undefined ? {} : { rotatedAt }),
      };
    }
    return undefined;
  };
}

/** Whether a name looks as if it were of the rotation of `live`, though nobody here knows the scheme: `audit.log.old`. */
export function isStranger(live: string): (name: string) => boolean {
  const parse = backupNames(live);
  const dot = live.lastIndexOf('.');
  const prefix = dot <= 0 ? live : live.slice(0, dot);
  return (name) =>
    name !== live && name.startsWith(prefix) && /^[.\-_]/u.test(name.slice(prefix.length)) && !parse(name);
}

/** Oldest first. */
export function compareNames(a: BackupName, b: BackupName): number {
  return a.rank - b.rank || (a.order < b.order ? -1 : a.order > b.order ? 1 : 0);
}
