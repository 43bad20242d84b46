import { expect, test } from 'vitest';
import { isAllowed } from '../../../agent/notify/address.ts';

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '10.1.2.3',
  '172.31.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '::1',
  'fd00::1',
  '::ffff:10.0.0.1',
  '::ffff:7f00:1',
])('%s is told only where that is configured, in plain text too', (address) => {
  expect(isAllowed(address, false, false)).toBe(false);
  expect(isAllowed(address, true, false)).toBe(true);
  expect(isAllowed(address, true, true)).toBe(true);
});

test.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
  '%s is told, but in no plain text',
  (address) => {
    expect(isAllowed(address, false, false)).toBe(true);
    expect(isAllowed(address, true, false)).toBe(true);
    expect(isAllowed(address, true, true)).toBe(false);
  },
);

test.each([
  '169.254.169.254',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  'fe80::1',
  'ff02::1',
  '64:ff9b::a9fe:a9fe',
  '2002:7f00:1::',
  '::ffff:169.254.169.254',
  'localhost',
  '',
])('%s is never told', (address) => {
  for (const allowsPrivate of [false, true])
    for (const isPlain of [false, true]) expect(isAllowed(address, allowsPrivate, isPlain)).toBe(false);
});
