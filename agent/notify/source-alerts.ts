import type { Rule, Severity } from '../detect/index.ts';
import type { AuditEvent } from '../event/index.ts';
import { eventId } from '../seal/index.ts';
import type { Manifest } from '../seal/index.ts';
import type { NotificationRow } from '../store/index.ts';
import { byUrgency, groupOf, keyOf, printAlert, samplesMax } from './alert.ts';
import type { Alert, SourceNames } from './alert.ts';
import { noticesOf } from './notice.ts';
import { sampleOf } from './sample.ts';
import { wanted } from './wish.ts';
import type { Wish } from './wish.ts';

/** Alerts of one batch for one endpoint. A client can be many users; what has no room of its own is counted in one more. */
const groupsMax = 50;
const alsoMax = 10;

/** An event that rules found. */
export interface Match {
  readonly fired: readonly Rule[];
  /** After redaction, and with pseudonyms where they are wanted. */
  readonly event: AuditEvent;
  readonly logId: string;
  /** Its leaf index in the log. */
  readonly index: number;
  readonly readAt: Date;
}

/**
 * What endpoints are to be told of the open batch of one source: matches one by one, and what its manifest says beside its events.
 * It is bounded, whatever comes.
 */
export class SourceAlerts {
  readonly #names: SourceNames;
  readonly #wishes: readonly Wish[];
  #groups: Map<string, Alert>[];

  constructor(names: SourceNames, wishes: readonly Wish[]) {
    this.#names = names;
    this.#wishes = wishes;
    this.#groups = wishes.map(() => new Map());
  }

  match(match: Match): void {
    for (const [i, wish] of this.#wishes.entries()) {
      const rule = wanted(match.fired, wish);
      if (rule !== undefined) this.#add(this.#groups[i]!, rule, match);
    }
  }

  /** All that is to be told with a batch, once: rows that become durable with it. */
  take(manifest: Manifest): NotificationRow[] {
    const groups = this.#groups;
    this.#groups = this.#wishes.map(() => new Map());
    return this.#wishes.flatMap((wish, i) => {
      const alerts = [...groups[i]!.values(), ...noticesOf(manifest, wish, this.#names)];
      return alerts.map((alert) => {
        const key = keyOf(manifest.origin, String(manifest.batch), wish.name, alert.group);
        return { endpoint: wish.name, key, body: printAlert({ ...alert, key }) };
      });
    });
  }

  #add(groups: Map<string, Alert>, rule: Rule, match: Match): void {
    const { fired, event, logId, index, readAt } = match;
    const sample = sampleOf(event, eventId(logId, index), readAt);
    const subject = sample.user ?? '';
    const { id, title, next, severity } = rule.text;
    const group = groupOf(this.#names, 'match', id, subject);
    const known = groups.get(group) ?? this.#room(groups, severity);
    if (known !== undefined) return extend(known, sample, severity);
    const also = fired.filter((one) => one !== rule).map(({ text }) => text.id);
    groups.set(group, {
      v: 1,
      key: '',
      group,
      kind: 'match',
      rule: id,
      title,
      next,
      severity,
      ...this.#names,
      subject,
      count: 1,
      from: sample.at,
      to: sample.at,
      samples: [{ ...sample, ...(also.length > 0 && { also: also.slice(0, alsoMax) }) }],
    });
    return undefined;
  }

  /**
   * Undefined where a new group has room. Else the one that counts what has none; a more urgent group takes the room of the least
   * urgent, so that a flood of small things hides no great one.
   */
  #room(groups: Map<string, Alert>, severity: Severity): Alert | undefined {
    if (groups.size < groupsMax) return undefined;
    const group = groupOf(this.#names, 'match', othersId, '');
    let others = groups.get(group);
    const least = [...groups.values()]
      .filter((alert) => alert !== others)
      .toSorted((a, b) => byUrgency(b.severity, a.severity))[0]!;
    const isPushedOut = others === undefined || byUrgency(least.severity, severity) > 0;
    if (others === undefined) {
      others = {
        ...least,
        group,
        rule: othersId,
        title: othersTitle,
        subject: '',
        samples: [],
        next: othersNext,
      };
      groups.delete(least.group);
      groups.set(group, others);
    } else if (isPushedOut) {
      groups.delete(least.group);
      add(others, least);
    }
    return isPushedOut ? undefined : others;
  }
}

const othersId = 'others';
const othersTitle = 'Further matches, more than are told apart';
const othersNext = 'Look at the dashboard of critical events, or ask auditseal who.';

function extend(alert: Alert, sample: Alert['samples'][number], severity: Severity): void {
  add(alert, { count: 1, from: sample.at, to: sample.at, severity });
  if (alert.samples.length < samplesMax && alert.rule !== othersId) alert.samples.push(sample);
}

function add(to: Alert, more: Pick<Alert, 'count' | 'from' | 'to' | 'severity'>): void {
  to.count += more.count;
  if (more.from < to.from) to.from = more.from;
  if (more.to > to.to) to.to = more.to;
  if (byUrgency(more.severity, to.severity) < 0) to.severity = more.severity;
}
