/** Flags of a kube-apiserver, by name without dashes. */
export interface Flags {
  readonly values: ReadonlyMap<string, string>;
  /** Given more than once: the last one counts. */
  readonly repeated: readonly string[];
}

/** Of one value. A path has at most 4,096 bytes. */
const charsMax = 4096;

/** Boolean flags of auditing: only these may stand without a value. */
const switches: ReadonlySet<string> = new Set([
  'audit-log-compress',
  'audit-log-truncate-enabled',
  'audit-log-batch-throttle-enable',
  'audit-webhook-truncate-enabled',
  'audit-webhook-batch-throttle-enable',
  'profiling',
  'anonymous-auth',
]);

/** Reads arguments as pflag does: `--name=value`, `--name value`, a switch alone; `_` is `-` in a name. */
export function parseFlags(args: readonly string[]): Flags {
  const values = new Map<string, string>();
  const repeated = new Set<string>();
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i]!;
    if (!arg.startsWith('--') || arg === '--') continue;
    const equals = arg.indexOf('=');
    const name = (equals < 0 ? arg.slice(2) : arg.slice(2, equals)).replaceAll('_', '-');
    const next = args[i + 1];
    const isAlone = equals < 0 && (switches.has(name) || next === undefined || next.startsWith('--'));
    const value = equals >= 0 ? arg.slice(equals + 1) : isAlone ? 'true' : next!;
    if (equals < 0 && !isAlone) i += 1;
    if (values.has(name)) repeated.add(name);
    values.set(name, value.slice(0, charsMax));
  }
  return { values, repeated: [...repeated] };
}

/** Of all flags, those about auditing. */
export function isOfAuditing(name: string): boolean {
  return name.startsWith('audit-');
}
