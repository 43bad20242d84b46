import { stringify } from 'yaml';
import { fileBytesMax, InputError, parseYaml, readTextFile } from '../input/index.ts';
import { ConfigError } from './error.ts';
import { configSchema } from './schema.ts';
import type { Config } from './schema.ts';
import { unitOf, withoutUnits, writtenAs } from './units.ts';

/**
 * Reads and validates a configuration file. Nothing else is touched before it succeeds.
 * Throws ConfigError naming every wrong key by its path and what is allowed there.
 */
export async function loadConfig(file: string): Promise<Config> {
  try {
    return parseConfig(file, await readTextFile(file, fileBytesMax.settings));
  } catch (cause) {
    throw inFile(file, cause, '; give its path with --config');
  }
}

/** The configuration that a text says, with all defaults. Throws ConfigError under the name of its file. */
export function parseConfig(file: string, text: string): Config {
  const result = configSchema.safeParse(withoutUnits(yamlOf(file, text)));
  if (result.success) return result.data;
  throw new ConfigError(
    file,
    result.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `${[...issue.path, key].join('.')}: is not a key that auditseal knows`)
        : [`${issue.path.join('.') || '(file)'}: ${issue.message}${hint(issue)}`],
    ),
  );
}

/** How a size or a time is written. */
function hint({ code, path }: { code?: string; path: PropertyKey[] }): string {
  const unit = code === 'invalid_type' ? unitOf(String(path.at(-1))) : undefined;
  return unit === undefined ? '' : ` (${writtenAs(unit)})`;
}

function yamlOf(file: string, text: string): unknown {
  try {
    return parseYaml(text);
  } catch (cause) {
    throw inFile(file, cause);
  }
}

/** What is wrong with the file as a whole. */
function inFile(file: string, error: unknown, remedy = ''): unknown {
  if (!(error instanceof InputError)) return error;
  const isElsewhere = error.code === 'absent' || error.code === 'unreadable';
  return new ConfigError(file, [`(file): ${error.message}${isElsewhere ? remedy : ''}`], { cause: error });
}

/** The effective configuration as sealed in the log. Secrets are only ever named by file, so there are none to remove. */
export function configText(config: Config): string {
  return stringify(config);
}
