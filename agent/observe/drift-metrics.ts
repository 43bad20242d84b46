import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

/** A finding, as far as metrics show it. */
interface ShownFinding {
  readonly id: string;
  readonly state: 'ok' | 'warning' | 'problem' | 'unchecked';
}

const values = { ok: 0, warning: 1, problem: 2 } as const;

/** What is known of drift, as metrics. Checks are a fixed list and a few for each source. */
export class DriftMetrics {
  readonly #findings: Gauge;
  readonly #policy: Gauge;
  readonly #changes: Counter;
  readonly #looks: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#findings = new Gauge({
      name: 'auditseal_drift',
      help: 'What decides what gets logged, by check: 0 as it should be, 1 a warning, 2 a problem; none where it may not be looked at.',
      labelNames: ['check'],
      registers,
    });
    this.#policy = new Gauge({
      name: 'auditseal_audit_policy_info',
      help: "1, with the digest of the apiserver's audit policy file: the same on each node.",
      labelNames: ['digest'],
      registers,
    });
    this.#changes = new Counter({
      name: 'auditseal_audit_policy_changes_total',
      help: "Changes of the apiserver's audit policy file: weaker takes something out of the log.",
      labelNames: ['effect'],
      registers,
    });
    this.#looks = new Counter({
      name: 'auditseal_drift_looks_total',
      help: 'Looks at what decides what gets logged.',
      labelNames: ['result'],
      registers,
    });
    for (const effect of ['weaker', 'other']) this.#changes.inc({ effect }, 0);
    for (const result of ['success', 'failure']) this.#looks.inc({ result }, 0);
  }

  /** All of one look. */
  looked(findings: readonly ShownFinding[], policy: string | undefined): void {
    this.#looks.inc({ result: 'success' });
    this.#findings.reset();
    for (const { id, state } of findings)
      if (state !== 'unchecked') this.#findings.set({ check: id }, values[state]);
    this.#policy.reset();
    if (policy !== undefined) this.#policy.set({ digest: policy }, 1);
  }

  failed(): void {
    this.#looks.inc({ result: 'failure' });
  }

  policyChanged(isWeaker: boolean): void {
    this.#changes.inc({ effect: isWeaker ? 'weaker' : 'other' });
  }
}
