import { isUtf8 } from 'node:buffer';
import { WantedMembers } from '../json/index.ts';

const members = new WantedMembers();
const kind = members.member('kind');

/** Why a line is not read as an audit event, for whoever finds it: of what is in it nothing is repeated. */
export function whyNoEvent(line: Buffer): string {
  if (line.length === 0) return 'an empty line';
  if (!isUtf8(line)) return 'not UTF-8 outside of the bodies of an audit event';
  if (!members.read(line)) return 'not one whole JSON object: torn, or of another format';
  if (kind.value === 'EventList') return 'an EventList with something in it that is no audit event';
  if (kind.value === undefined)
    return 'a JSON object without kind, and without auditID, stage and requestURI as an audit event has them';
  return kind.value === 'Event'
    ? 'an Event that is not of audit.k8s.io'
    : 'a JSON object of another kind than an audit event';
}
