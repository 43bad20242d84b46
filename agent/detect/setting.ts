import { isFields } from '../event/index.ts';
import type { Fields } from '../event/index.ts';
import { fieldsIn, isTrue, numberIn, objectsIn, textIn, textsIn } from './body.ts';

/** Of a ConfigMap: text that is looked through. A client sends a megabyte. */
const dataUnitsMax = 1024 * 1024;

export function secretType(object: Fields): string {
  return textIn(object, 'type');
}

export function tokenSeconds(object: Fields): number {
  return numberIn(fieldsIn(object, 'spec'), 'expirationSeconds');
}

export function signer(object: Fields): string {
  return textIn(fieldsIn(object, 'spec'), 'signerName');
}

export function serviceType(object: Fields): string {
  return textIn(fieldsIn(object, 'spec'), 'type');
}

export function externalIps(object: Fields): string[] {
  return textsIn(fieldsIn(object, 'spec'), 'externalIPs');
}

/** It has rules, and a host of theirs is in no certificate's list. */
export function ingressWithoutTls(object: Fields): boolean {
  const spec = fieldsIn(object, 'spec');
  const entries = objectsIn(spec, 'tls');
  const rules = objectsIn(spec, 'rules');
  if (rules.length > 0 && entries.length === 0) return true;
  const covered = new Set(entries.flatMap((entry) => textsIn(entry, 'hosts')));
  return entries.every((entry) => textsIn(entry, 'hosts').length > 0)
    ? rules.some((rule) => !covered.has(textIn(rule, 'host')))
    : false;
}

/**
 * What begins a private key in PEM (RFC 7468), a password or token as a setting of its own, AWS's access key ids
 * (docs.aws.amazon.com, "IAM identifiers"). Each expression is linear in the text.
 */
const credentials = [
  /-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY-----/u,
  /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/u,
  /(?:^|[\n\r"'{,; ])(?:[a-z]{1,20}[_-])?(?:password|passwd|secret_?access_?key|client_?secret|private_?key)["']?[ ]?[:=][ ]?["']?[^\s"'$<{]{6}/iu,
];
const secretNames =
  /^(?:.{0,40}[_.-])?(?:password|passwd|client_?secret|secret_?access_?key|private_?key)$/iu;

export function hasCredentials(object: Fields): boolean {
  const data = fieldsIn(object, 'data');
  let units = 0;
  for (const [name, value] of Object.entries(data)) {
    if (typeof value !== 'string' || value === '') continue;
    units += value.length;
    if (units > dataUnitsMax) return false;
    if (secretNames.test(name.slice(0, 100)) || credentials.some((pattern) => pattern.test(value)))
      return true;
  }
  return false;
}

export function labelsOf(object: Fields): Fields {
  const labels = fieldsIn(object, 'metadata', 'labels');
  return Object.values(labels).every((value) => typeof value === 'string')
    ? labels
    : Object.fromEntries(Object.entries(labels).filter(([, value]) => typeof value === 'string'));
}

export function cordons(object: Fields): boolean {
  const spec = fieldsIn(object, 'spec');
  return (
    isTrue(spec, 'unschedulable') ||
    objectsIn(spec, 'taints').some(
      (taint) => isFields(taint) && ['NoSchedule', 'NoExecute'].includes(textIn(taint, 'effect')),
    )
  );
}

export function hasConversionWebhook(object: Fields): boolean {
  return textIn(fieldsIn(object, 'spec', 'conversion'), 'strategy') === 'Webhook';
}
