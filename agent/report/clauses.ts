/** A clause of a standard, and what of this report bears on it. */
export interface Clause {
  standard: string;
  /** As the standard numbers it. */
  number: string;
  /** What it is about, in our words. */
  about: string;
  /** What is evidence for it here. */
  evidence: string;
  /** What somebody else has to show. */
  lacks: string;
  /** Ids of sections of the report. */
  sections: readonly string[];
}

const pci = 'PCI DSS v4.0.1';
const soc = 'SOC 2 (2017 Trust Services Criteria, TSP section 100)';
const iso = 'ISO/IEC 27001:2022, Annex A';
const hipaa = 'HIPAA Security Rule, 45 CFR part 164';
const nist = 'NIST SP 800-53 Rev. 5';

/**
 * Numbers and subjects were looked up: of PCI DSS, SOC 2 and HIPAA as docs/compliance.md says; of ISO/IEC 27001 and NIST SP 800-53
 * in public lists of their controls, since the first is not public itself.
 */
export const clauses: readonly Clause[] = [
  {
    standard: soc,
    number: 'CC4.1',
    about: 'monitoring whether controls are there and work',
    evidence: 'the verdict of this period, and how to repeat it',
    lacks: 'that somebody reads verdicts through the period',
    sections: ['verdict', 'repeat'],
  },
  {
    standard: soc,
    number: 'CC6.1',
    about: 'logical access',
    evidence: 'who accessed secrets, who was refused, who acted in another’s name',
    lacks: 'access reviews; access past the Kubernetes API',
    sections: ['table-secrets', 'table-denied', 'table-impersonation'],
  },
  {
    standard: soc,
    number: 'CC6.2, CC6.3',
    about: 'granting, changing and removing access',
    evidence: 'every change of roles and bindings, with who and when',
    lacks: 'approvals, and whether rights are still needed',
    sections: ['table-rights'],
  },
  {
    standard: soc,
    number: 'CC6.6',
    about: 'threats from outside the system’s boundaries',
    evidence: 'failed logins with their addresses; service accounts used from elsewhere',
    lacks: 'the boundary itself',
    sections: ['table-logins', 'table-elsewhere'],
  },
  {
    standard: soc,
    number: 'CC7.2',
    about: 'monitoring for anomalies',
    evidence: 'what rules of detection found; that the log did not fall silent',
    lacks: 'looking at it as it happens',
    sections: ['table-detections', 'notifications', 'completeness'],
  },
  {
    standard: soc,
    number: 'CC7.3, CC7.4',
    about: 'evaluating and answering incidents',
    evidence: 'a history of which this report says whether it is whole',
    lacks: 'the process',
    sections: ['verdict', 'completeness'],
  },
  {
    standard: soc,
    number: 'CC8.1',
    about: 'changes to systems',
    evidence: 'changes of the audit policy and of the agent’s settings; who changed rights',
    lacks: 'other changes (auditseal who answers them), approvals',
    sections: ['recorded', 'table-rights'],
  },
  {
    standard: pci,
    number: '10.2.1, 10.2.1.1, 10.2.1.2',
    about: 'audit logs are active; access to cardholder data, and what administrators do, is logged',
    evidence: 'what was recorded; secrets, commands and rights as examples',
    lacks: 'cardholder data itself; logs of nodes and applications',
    sections: ['recorded', 'table-secrets', 'table-exec'],
  },
  {
    standard: pci,
    number: '10.2.1.4',
    about: 'invalid access attempts are logged',
    evidence: 'failed logins, refused requests',
    lacks: 'attempts that never reached the Kubernetes API',
    sections: ['table-logins', 'table-denied'],
  },
  {
    standard: pci,
    number: '10.2.1.5',
    about: 'changes to identities and credentials are logged',
    evidence: 'changes of roles and bindings',
    lacks: 'changes at an identity provider',
    sections: ['table-rights'],
  },
  {
    standard: pci,
    number: '10.2.1.6',
    about: 'starting, stopping and pausing of logs is logged',
    evidence: 'starts, stops and pauses of the agent; gaps; silences',
    lacks: 'the apiserver’s own starts, but as gaps or drift',
    sections: ['completeness'],
  },
  {
    standard: pci,
    number: '10.3.2, 10.3.4',
    about: 'logs are protected from modification, and changes are detected',
    evidence: 'the verdict: every event compared with what was sealed',
    lacks: 'preventing an administrator of Elasticsearch; acting on a finding',
    sections: ['verdict', 'findings'],
  },
  {
    standard: pci,
    number: '10.4.1, 10.4.1.1',
    about: 'daily review, by automated means',
    evidence: 'what rules of detection found',
    lacks: 'the review',
    sections: ['table-detections'],
  },
  {
    standard: pci,
    number: '10.5.1',
    about: 'history of 12 months, the latest three at hand',
    evidence: 'the retention that was signed into each batch, and events gone by age',
    lacks: 'that Elasticsearch keeps them: only a verification of the whole time shows it',
    sections: ['retention'],
  },
  {
    standard: pci,
    number: '10.7.2, 10.7.3',
    about: 'failures of logging are noticed and answered',
    evidence: 'gaps, silences, pauses and refused events of the period',
    lacks: 'the answer to each',
    sections: ['completeness', 'findings'],
  },
  {
    standard: iso,
    number: 'A.8.15',
    about: 'logging: produced, kept, protected, analysed',
    evidence: 'what was recorded and dropped, by rule; the verdict; retention',
    lacks: 'logs other than the kube-apiserver’s',
    sections: ['recorded', 'verdict', 'retention'],
  },
  {
    standard: iso,
    number: 'A.8.16',
    about: 'monitoring activities',
    evidence: 'what rules of detection found, and notifications',
    lacks: 'what people did about it',
    sections: ['table-detections', 'notifications'],
  },
  {
    standard: iso,
    number: 'A.8.17',
    about: 'clock synchronization',
    evidence: 'steps back of a clock that batches show',
    lacks: 'the time source',
    sections: ['findings', 'completeness'],
  },
  {
    standard: iso,
    number: 'A.8.2, A.5.18',
    about: 'privileged access rights; access rights',
    evidence: 'who changed rights, who ran commands in containers',
    lacks: 'reviews of rights',
    sections: ['table-rights', 'table-exec'],
  },
  {
    standard: iso,
    number: 'A.5.28, A.5.33',
    about: 'collection of evidence; protection of records',
    evidence: 'a log that can be verified by others, and the digests that this report rests on',
    lacks: 'the chain of custody outside of it',
    sections: ['verdict', 'scope', 'repeat'],
  },
  {
    standard: hipaa,
    number: '§164.312(b)',
    about: 'audit controls: record and examine activity',
    evidence: 'the Kubernetes API’s part of it',
    lacks: 'activity inside applications that hold ePHI',
    sections: ['recorded', 'table-secrets', 'table-exec'],
  },
  {
    standard: hipaa,
    number: '§164.308(a)(1)(ii)(D)',
    about: 'regular review of activity',
    evidence: 'this report, where somebody reads it regularly',
    lacks: 'the review',
    sections: ['verdict'],
  },
  {
    standard: hipaa,
    number: '§164.308(a)(5)(ii)(C)',
    about: 'monitoring log-in attempts',
    evidence: 'failed logins at the apiserver, with time and address',
    lacks: 'log-ins of everything else',
    sections: ['table-logins'],
  },
  {
    standard: hipaa,
    number: '§164.312(c)(1), (c)(2)',
    about: 'integrity of ePHI, and a mechanism to corroborate it',
    evidence: 'the verdict, of what ePHI may be in audit events',
    lacks: 'ePHI anywhere else',
    sections: ['verdict'],
  },
  {
    standard: nist,
    number: 'AU-2, AU-3, AU-12',
    about: 'which events are logged, with what content, and that they are',
    evidence: 'what was recorded and dropped, by rule; who, what, when, where, outcome in every table',
    lacks: 'the selection of events, which is yours; the apiserver’s own audit policy',
    sections: ['recorded'],
  },
  {
    standard: nist,
    number: 'AU-5',
    about: 'response to failures of logging',
    evidence: 'gaps, silences, pauses of the period',
    lacks: 'alerts and what was done about them',
    sections: ['completeness', 'findings'],
  },
  {
    standard: nist,
    number: 'AU-6, AU-7',
    about: 'review, analysis and reporting; report generation that changes no content',
    evidence: 'this report, with the query behind each table',
    lacks: 'the review',
    sections: ['repeat'],
  },
  {
    standard: nist,
    number: 'AU-8',
    about: 'time stamps',
    evidence: 'the apiserver’s own times, unchanged; steps back of a clock',
    lacks: 'the time source',
    sections: ['findings'],
  },
  {
    standard: nist,
    number: 'AU-9, AU-9(3)',
    about: 'protection of audit information; cryptographic protection',
    evidence: 'the verdict, by SHA-256 and Ed25519 under keys kept outside of Elasticsearch',
    lacks: 'preventing deletion by an administrator, which is detected',
    sections: ['verdict', 'scope', 'kept'],
  },
  {
    standard: nist,
    number: 'AU-11',
    about: 'retention of audit records',
    evidence: 'the retention that was signed into each batch',
    lacks: 'the decision how long',
    sections: ['retention'],
  },
  {
    standard: nist,
    number: 'AC-2(4), AC-6(9)',
    about: 'automated audit of account changes; logging the use of privileged functions',
    evidence: 'who changed rights, who ran commands, who acted in another’s name',
    lacks: 'accounts of an identity provider',
    sections: ['table-rights', 'table-exec', 'table-impersonation'],
  },
];
