/** What a key counts, by the end of its name. */
export type Unit = 'bytes' | 'milliseconds' | 'seconds' | 'minutes' | 'days';

const ends: readonly (readonly [RegExp, Unit])[] = [
  [/[bB]ytes(?:Max|Min)?$/u, 'bytes'],
  [/[mM]illiseconds$/u, 'milliseconds'],
  [/[sS]econds$/u, 'seconds'],
  [/[mM]inutes$/u, 'minutes'],
  [/[dD]ays$/u, 'days'],
];

/** Of a Kubernetes quantity (k8s.io/apimachinery/pkg/api/resource), those that people give bytes in. */
const byteUnits: Readonly<Record<string, number>> = {
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};
const milliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const keyMilliseconds = { milliseconds: 1, seconds: 1000, minutes: 60_000, days: 86_400_000 };

/** As JSON schemas have them, too: a size as `512Mi`, a time as `1h30m`. */
export const sizePattern = String.raw`^\d{1,15}(\.\d{1,3})?(k|M|G|T|Ki|Mi|Gi|Ti)$`;
export const timePattern = String.raw`^(\d{1,9}(\.\d{1,3})?(ms|s|m|h|d)){1,5}$`;

export function unitOf(key: string): Unit | undefined {
  return ends.find(([end]) => end.test(key))?.[1];
}

/** A configuration in which `512Mi` and `1h30m` are numbers of what their key counts; what is neither stays as it is. */
export function withoutUnits(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUnits);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const unit = unitOf(key);
      return [
        key,
        unit !== undefined && typeof inner === 'string' ? numberOf(inner, unit) : withoutUnits(inner),
      ];
    }),
  );
}

/** How people write a number of a unit, for a message. */
export function writtenAs(unit: Unit): string {
  return unit === 'bytes'
    ? 'a number of bytes, or one as 512Mi'
    : `a number of ${unit}, or a time as 90s, 5m or 1h30m`;
}

function numberOf(text: string, unit: Unit): number | string {
  if (unit === 'bytes') {
    if (!new RegExp(sizePattern, 'u').test(text)) return text;
    const [number = ''] = /^[\d.]+/u.exec(text) ?? [];
    return Math.round(Number(number) * byteUnits[text.slice(number.length)]!);
  }
  if (!new RegExp(timePattern, 'u').test(text)) return text;
  let total = 0;
  for (const [, number, name] of text.matchAll(/([\d.]+)(ms|s|m|h|d)/gu))
    total += Number(number) * milliseconds[name!]!;
  return total / keyMilliseconds[unit];
}
