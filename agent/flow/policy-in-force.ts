import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger, Metrics } from '../observe/index.ts';
import { fileBytesMax, InputError, readTextFile } from '../input/index.ts';
import { parsePolicy, PolicyError } from '../policy/index.ts';
import type { Policy } from '../policy/index.ts';
import { ChangeWatcher } from '../source/index.ts';
import { named } from './named-text.ts';
import type { NamedText } from './named-text.ts';

/** A policy, and the text that it is sealed by. */
export interface UsedPolicy {
  readonly parsed: Policy;
  readonly text: NamedText;
}

/** A policy file that was changed and cannot be used. */
export interface RefusedPolicy {
  /** `sha256:<hex>` of its text; undefined where it could not be read. */
  readonly sha256: string | undefined;
  /** A code of InputError or PolicyError. */
  readonly problem: string;
}

export type PolicyChange = { readonly used: UsedPolicy } | { readonly refused: RefusedPolicy };

export interface FollowedPolicy {
  /** In force when following began. */
  readonly used: UsedPolicy;
  /** What has changed since then, or since it was asked last, in order. */
  readonly changes: () => PolicyChange[];
  readonly end: () => void;
}

/** A policy is changed some times a year. */
const pollMillisecondsDefault = 10_000;

export interface PolicyInForceParts {
  /** Undefined for the default policy, which does not change. */
  file: string | undefined;
  used: UsedPolicy;
  metrics: Pick<Metrics, 'policyReloads' | 'policyIsRefused'>;
  logger: Logger;
  /** Whether a file system watcher may wake it before its poll. */
  watch: boolean;
  /** Where no watcher wakes it; default 10,000. */
  pollMilliseconds?: number;
  /** How long a file has to stay as it is before it is taken up; default 1,000. */
  settleMilliseconds?: number;
}

/**
 * The policy that events are decided on by. A changed file is taken up while the agent runs; one that cannot be used keeps the
 * policy that is in force, and is said once, for each text.
 */
export class PolicyInForce {
  readonly #parts: PolicyInForceParts;
  readonly #followers = new Set<PolicyChange[]>();
  #used: UsedPolicy;
  /** What was refused last, by its digest or by why it could not be read. */
  #refused: string | undefined;

  constructor(parts: PolicyInForceParts) {
    this.#parts = parts;
    this.#used = parts.used;
    parts.metrics.policyIsRefused.set(0);
  }

  /** The policy in force now, and from now on its changes. */
  follow(): FollowedPolicy {
    const changes: PolicyChange[] = [];
    this.#followers.add(changes);
    return {
      used: this.#used,
      changes: () => changes.splice(0),
      end: () => void this.#followers.delete(changes),
    };
  }

  /** Looks for changes until `signal` aborts. Never rejects. */
  async watch(signal: AbortSignal): Promise<void> {
    const { file, watch, logger, pollMilliseconds = pollMillisecondsDefault } = this.#parts;
    if (file === undefined) return;
    const onError = (error: unknown) =>
      logger.warn(
        { error, 'file.path': file },
        'the policy file cannot be watched; it is looked at every 10 s',
      );
    const watcher = new ChangeWatcher(file, pollMilliseconds, watch, onError, true);
    while (!signal.aborted) {
      await watcher.wait(signal);
      await this.#look(file, signal);
    }
    await watcher.close();
  }

  /** Whoever writes a file in place has a moment in which it is half a policy: it must be read twice alike. */
  async #look(file: string, signal: AbortSignal): Promise<void> {
    let text = await textOf(file);
    while (!signal.aborted && this.#isNew(text)) {
      await sleep(this.#parts.settleMilliseconds ?? 1000, undefined, { signal }).catch(() => undefined);
      const again = await textOf(file);
      if (identityOf(again) === identityOf(text) && !signal.aborted) this.#take(file, again);
      text = again;
    }
  }

  #isNew(text: string | InputError): boolean {
    if (identityOf(text) === this.#refused) return false;
    const isInForce = identityOf(text) === this.#used.text.sha256;
    // As it was: nothing changed, or a refused change was taken back.
    if (isInForce && this.#refused !== undefined) this.#accept();
    return !isInForce;
  }

  #accept(): void {
    this.#refused = undefined;
    this.#parts.metrics.policyIsRefused.set(0);
  }

  #take(file: string, text: string | InputError): void {
    if (!this.#isNew(text)) return;
    const { logger, metrics } = this.#parts;
    try {
      if (text instanceof InputError) throw text;
      const used = { parsed: parsePolicy(text), text: named(text) };
      logger.warn(
        {
          'file.path': file,
          'auditseal.policy': { before: this.#used.text.sha256, now: used.text.sha256 },
        },
        'the policy was changed, and is taken up',
      );
      this.#used = used;
      this.#accept();
      metrics.policyReloads.inc({ result: 'success' });
      this.#tell({ used });
    } catch (error) {
      if (!(error instanceof InputError || error instanceof PolicyError)) throw error;
      this.#refused = identityOf(text);
      logger.error(
        { error, 'file.path': file, 'auditseal.policy': { before: this.#used.text.sha256 } },
        'the policy file was changed and cannot be used; the policy of before stays in force, and the next start would end with 78: correct the file',
      );
      metrics.policyReloads.inc({ result: 'failure' });
      metrics.policyIsRefused.set(1);
      const digest = text instanceof InputError ? undefined : named(text).sha256;
      this.#tell({ refused: { sha256: digest, problem: error.code } });
    }
  }

  #tell(change: PolicyChange): void {
    for (const changes of this.#followers) changes.push(change);
  }
}

async function textOf(file: string): Promise<string | InputError> {
  try {
    return await readTextFile(file, fileBytesMax.settings);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

function identityOf(text: string | InputError): string {
  return text instanceof InputError ? text.code : named(text).sha256;
}
