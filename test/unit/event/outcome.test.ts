import { describe, expect, test } from 'vitest';
import { outcomeOf, sourceAddress } from '../../../agent/event/index.ts';
import { event } from '../../kit/events.ts';

describe('the outcome of a request', () => {
  test.each([
    ['failure', { responseStatus: { code: 404 } }],
    ['failure', { responseStatus: { code: 500 } }],
    ['failure', { responseStatus: { status: 'Failure', reason: 'Forbidden' } }],
    ['failure', { responseStatus: { status: 'Failure', message: 'context canceled' } }],
    ['failure', { responseStatus: { status: 'Failure', code: 0 } }],
    ['failure', { stage: 'Panic', responseStatus: undefined }],
    ['failure', { annotations: { 'authorization.k8s.io/decision': 'forbid' } }],
    // A login page answers with a redirect, whatever came of the login.
    [
      'failure',
      {
        objectRef: undefined,
        responseStatus: { code: 302 },
        annotations: { 'authentication.openshift.io/decision': 'deny' },
      },
    ],
    [
      'failure',
      {
        objectRef: undefined,
        responseStatus: { code: 302 },
        annotations: { 'authentication.openshift.io/decision': 'error' },
      },
    ],
    [
      'success',
      {
        objectRef: undefined,
        responseStatus: { code: 302 },
        annotations: { 'authentication.openshift.io/decision': 'allow' },
      },
    ],
    // Of a request for an object a webhook of this name wrote that.
    [
      'success',
      { responseStatus: { code: 200 }, annotations: { 'authentication.openshift.io/decision': 'deny' } },
    ],
    ['success', { responseStatus: { code: 200 } }],
    ['success', { responseStatus: { code: 101 } }],
    ['unknown', { responseStatus: { code: 0 } }],
    ['unknown', { responseStatus: undefined }],
    ['unknown', { responseStatus: { code: '500' } }],
    ['unknown', { responseStatus: [], annotations: 'x' }],
  ])('is %s of %j', (outcome, members) => {
    expect(outcomeOf(event(members))).toBe(outcome);
  });
});

describe('the address in an item of sourceIPs', () => {
  test.each([
    ['192.0.2.10', '192.0.2.10'],
    ['192.0.2.10:4711', '192.0.2.10'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%eth0]:443', 'fe80::1'],
    ['', undefined],
    ['192.0.2.10:', undefined],
    ['192.0.2.10:123456', undefined],
    ['[192.0.2.10', undefined],
    ['example.com:80', undefined],
    ['%eth0', undefined],
    [1, undefined],
    [undefined, undefined],
  ])('%j is %s', (item, address) => {
    expect(sourceAddress(item)).toBe(address);
  });
});
