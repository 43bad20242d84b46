/** What a file name says about a backup of the live file. */
export interface BackupName {
  /** The name without `.gz`: `x.log` and `x.log.gz` are one file. */
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
  order: (match: string) => string | undefined;
  rotatedAt?: (match: string) => number;
}

const escape = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** lumberjack's backupTimeFormat `2006-01-02T15-04-05.000`, always UTC in kube-apiserver. */
function stampMilliseconds(stamp: string): number {
  return Date.parse(`${stamp.slice(0, 13)}:${stamp.slice(14, 16)}:${stamp.slice(17)}Z`);
}

/**
 * The ways a rotated file is named, in the order in which files of different schemes are read. An outside logrotate
 * (numbers, dates: its man page, `dateext`) is a stranger to the writer, so its files come first: only the writer's
 * own names can be followed by the live file.
 */
function schemes(live: string): Scheme[] {
  const dot = live.lastIndexOf('.');
  const prefix = escape(dot === -1 ? live : live.slice(0, dot));
  const extension = escape(dot === -1 ? '' : live.slice(dot));
  return [
    { pattern: new RegExp(`^${escape(live)}-(\\d{8}(?:[-_]?\\d{2,10})?)$`), order: (date) => date },
    {
      pattern: new RegExp(`^${escape(live)}\\.(\\d{1,6})$`),
      order: (number) => String(999_999 - Number(number)).padStart(6, '0'),
    },
    {
      pattern: new RegExp(`^${prefix}-(\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d\\.\\d{3})${extension}$`),
      order: (stamp) => (Number.isNaN(stampMilliseconds(stamp)) ? undefined : stamp),
      rotatedAt: stampMilliseconds,
    },
  ];
}

/**
 * A reader of the names beside a live file called `live` (`audit.log`): lumberjack's
 * `audit-2026-11-23T00-44-38.561.log`, logrotate's `audit.log.1` and `audit.log-20261123`, each also with `.gz`.
 * It answers undefined for every other name, the live file's own included.
 */
export function backupNames(live: string): (name: string) => BackupName | undefined {
  const table = schemes(live);
  return (name) => {
    const compressed = name.endsWith('.gz');
    const stem = compressed ? name.slice(0, -3) : name;
    for (const [rank, scheme] of table.entries()) {
      const match = scheme.pattern.exec(stem)?.[1];
      const order = match === undefined ? undefined : scheme.order(match);
      if (match === undefined || order === undefined) continue;
      const rotatedAt = scheme.rotatedAt?.(match);
      return { stem, compressed, rank, order, ...(rotatedAt === undefined ? {} : { rotatedAt }) };
    }
    return undefined;
  };
}

/** Oldest first. */
export function compareNames(a: BackupName, b: BackupName): number {
  return a.rank - b.rank || (a.order < b.order ? -1 : a.order > b.order ? 1 : 0);
}
