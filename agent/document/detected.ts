import type { Detected } from './context.ts';
import { derived } from './derived.ts';
import { printMembers } from './print.ts';

/** What a match adds to the head, as `printMembers` prints it. */
export interface DetectedMembers {
  /** Members of `event` of ECS. */
  readonly event: string;
  /** `rule` and `threat` of ECS. */
  readonly members: string;
  /** Of `auditseal`. */
  readonly seal: string;
}

const nothing: DetectedMembers = { event: '', members: '', seal: '' };

/** Nothing in it is of the event: rules name themselves. */
export function detectedMembers(detected: Detected | undefined): DetectedMembers {
  return detected === undefined ? nothing : printed(detected);
}

const printed = derived(
  ({
    ids,
    names,
    next,
    severity,
    riskScore,
    tactics,
    techniques,
    subtechniques,
  }: Detected): DetectedMembers => {
    const technique =
      techniques.length === 0
        ? undefined
        : { id: techniques, subtechnique: subtechniques.length === 0 ? undefined : { id: subtechniques } };
    const threat =
      tactics.length + techniques.length === 0
        ? undefined
        : {
            framework: 'MITRE ATT&CK',
            tactic: tactics.length === 0 ? undefined : { id: tactics },
            technique,
          };
    return {
      event: printMembers({ severity, risk_score: riskScore }),
      members: printMembers({ rule: { id: ids, name: names }, threat }),
      seal: printMembers({ next }),
    };
  },
);
