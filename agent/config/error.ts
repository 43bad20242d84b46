import { CodedError } from '../error.ts';

/** A configuration that cannot be used: `problems` has a line per key, each beginning with the key's path. */
export class ConfigError extends CodedError<'config'> {
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[], options?: ErrorOptions) {
    super('config', `${file}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, options);
    this.problems = problems;
  }
}
