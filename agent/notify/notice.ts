import type { Severity } from '../detect/index.ts';
import type { Gap, Manifest, Notice } from '../seal/index.ts';
import { byUrgency, groupOf, isAtLeast } from './alert.ts';
import type { Alert, SourceNames } from './alert.ts';
import { plain } from './plain.ts';
import type { Wish } from './wish.ts';

/** Of what a manifest says beside its events, what somebody should hear of at once. */
interface Word {
  readonly kind: string;
  readonly severity: Severity;
  readonly title: string;
  readonly next: string;
  readonly at: string;
}

/** `about` tells apart what is told apart of one kind. */
type Words = Omit<Word, 'kind' | 'at'> & { readonly about?: string };

/** What an endpoint wants to know of a manifest, one alert a kind: what is sealed is what is told. */
export function noticesOf(manifest: Manifest, wish: Wish, names: SourceNames): Alert[] {
  if (!wish.notices) return [];
  const words = [
    ...manifest.gaps.map((gap) => ofGap(gap, manifest.sealedAt)),
    ...manifest.notices.flatMap((notice) => ofNotice(notice, wish)),
  ].filter(({ severity }) => isAtLeast(severity, wish.minSeverity));
  return [...Map.groupBy(words, ({ kind }) => kind)].map(([kind, alike]) => alertOf(kind, alike, names));
}

/** Whether a notice is worth a batch at the next commit. */
export function isUrgent(notice: Notice): boolean {
  return ofNotice(notice).some(({ severity }) => isAtLeast(severity, 'high'));
}

function alertOf(kind: string, words: readonly Word[], names: SourceNames): Alert {
  const [worst] = words.toSorted((a, b) => byUrgency(a.severity, b.severity));
  const times = words.map(({ at }) => at).toSorted();
  return {
    v: 1,
    key: '',
    group: groupOf(names, 'notice', kind, ''),
    kind: 'notice',
    rule: kind,
    title: plain(worst!.title, 300),
    next: plain(worst!.next, 300),
    severity: worst!.severity,
    ...names,
    subject: '',
    count: words.length,
    from: times[0]!,
    to: times.at(-1)!,
    samples: [],
  };
}

function ofGap({ reason }: Gap, at: string): Word {
  return {
    kind: 'gap',
    severity: reason === 'unproven' ? 'medium' : 'high',
    title: `Events are missing or not proven complete (${reason})`,
    next: 'Run auditseal verify, which names the gap; docs/operations.md says what each reason means and what to do.',
    at,
  };
}

function ofNotice(notice: Notice, wish?: Wish): Word[] {
  const said = wordsOf(notice, wish);
  if (said === undefined) return [];
  const { about, ...word } = said;
  return [{ ...word, kind: about === undefined ? notice.kind : `${notice.kind}-${about}`, at: notice.at }];
}

function wordsOf(notice: Notice, wish: Wish | undefined): Words | undefined {
  const { kind } = notice;
  if (kind === 'epoch' && (notice.reason === 'state lost' || notice.reason === 'rolled back'))
    return newLog(notice.reason);
  if (kind === 'paused') return paused(notice.reason);
  if (kind === 'drift') return drift(notice);
  if (kind === 'policy' && 'problem' in notice) return refusedPolicy(notice.problem);
  if (kind === 'detect' && 'state' in notice && notice.state === 'off')
    return ruleOff(notice.rule, notice.until);
  // That it is off an endpoint cannot be told itself.
  if (kind === 'notify' && notice.state === 'off' && notice.endpoint !== wish?.name)
    return endpointOff(notice.endpoint, notice.why);
  return undefined;
}

function paused(reason: string): Words {
  return {
    severity: 'high',
    title: `Reading is paused: the ${reason} is full`,
    next: 'Look at auditseal status on the node; events are lost when the apiserver deletes files that are not read.',
  };
}

function newLog(reason: string): Words {
  return {
    severity: 'high',
    title: `A new log was begun: ${reason}`,
    next: 'Find out who touched the state folder on the node; verify reports the epoch until its key is trusted.',
  };
}

/** What is found and expected may be of files and servers. */
function drift(notice: Extract<Notice, { kind: 'drift' }>): Words | undefined {
  const { check, state, found, expected, changes } = notice;
  if (state !== 'problem' && state !== 'warning') return undefined;
  return {
    about: check,
    // An audit policy that takes something away is changed to hide something, or by mistake.
    severity: state === 'problem' || changes !== undefined ? 'high' : 'medium',
    title:
      changes === undefined
        ? `What decides what gets logged has changed (${check}): ${found} instead of ${expected}`
        : `Less is logged: ${changes.join('; ')}`,
    next: 'Run auditseal doctor on the node: it says why this is expected, and prints what mends it.',
  };
}

function refusedPolicy(problem: string): Words {
  return {
    severity: 'medium',
    title: `A changed policy could not be used: ${problem}`,
    next: 'Correct the policy file; the policy of before stays in force.',
  };
}

function ruleOff(rule: string, until: string): Words {
  return {
    severity: 'high',
    title: `Rule ${rule} is not asked until ${until}: it costs too much`,
    next: 'Look for who sends such events, or make the condition ask for less.',
  };
}

function endpointOff(endpoint: string, why: string): Words {
  return {
    severity: 'high',
    title: `Endpoint ${endpoint} is told nothing any more: it ${why}`,
    next: 'Mend its settings or its receiver; docs/notification.md says when it is tried again.',
  };
}
