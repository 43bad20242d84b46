import { ownLines, recordedLines } from '../../kit/corpus.ts';
import { recording } from '../../../demo/recording.ts';

/** What the recordings have no example of: approved certificates, and another address than the machine's own. */
const madeLines: readonly string[] = [
  {
    auditID: 'made-approval',
    requestURI: '/apis/certificates.k8s.io/v1/certificatesigningrequests/csr-1/approval',
    verb: 'update',
    user: { username: 'lab-admin', groups: ['system:masters', 'system:authenticated'] },
    sourceIPs: ['127.0.0.1'],
    objectRef: {
      resource: 'certificatesigningrequests',
      name: 'csr-1',
      apiGroup: 'certificates.k8s.io',
      apiVersion: 'v1',
      subresource: 'approval',
    },
    responseStatus: { metadata: {}, code: 200 },
  },
  {
    auditID: 'made-address',
    requestURI: '/api/v1/namespaces/lab/pods',
    verb: 'list',
    user: { username: 'alice', groups: ['dev-team', 'system:authenticated'] },
    sourceIPs: ['10.1.2.3', '203.0.113.7'],
    objectRef: { resource: 'pods', namespace: 'lab', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
  },
].map((event) =>
  JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    stage: 'ResponseComplete',
    ...event,
    stageTimestamp: '2026-11-23T01:06:03.500000Z',
  }),
);

/** Both recordings, the samples, and what was made for these tests; each line once. */
export async function corpus(): Promise<string[]> {
  const recorded = (await recording()).map((line) => line.toString().trimEnd());
  return [...new Set([...recorded, ...(await recordedLines()), ...ownLines, ...madeLines])];
}
