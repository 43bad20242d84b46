import { expect, test } from 'vitest';
import { alertmanager } from '../../../agent/notify/channels/alertmanager.ts';
import type { Channel } from '../../../agent/notify/channels/channel.ts';
import { pagerduty } from '../../../agent/notify/channels/pagerduty.ts';
import { slack } from '../../../agent/notify/channels/slack.ts';
import { parseKey, signature, webhook } from '../../../agent/notify/channels/webhook.ts';
import { messageOf } from '../../../agent/notify/message.ts';
import { plain } from '../../../agent/notify/plain.ts';
import { alert } from './alerts.ts';

const at = new Date('2026-11-23T01:06:04Z');
const secrets = {
  url: new URL('https://receiver.example/hook'),
  keys: [Buffer.alloc(32, 1)],
  routingKey: 'R0UT1NG',
};

function bodyOf(channel: Channel, rows = [alert()], form: 'whole' | 'bare' = 'whole') {
  const [request] = channel.requests(messageOf(rows, at), form, secrets, at);
  return JSON.parse(request!.body) as Record<string, unknown>;
}

test('a webhook is signed as the reference library of Standard Webhooks signs it', () => {
  const key = parseKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')!;
  expect(signature(key, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '1614265330', '{"test": 2432232314}')).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
  const [request] = webhook.requests(messageOf([alert()], at), 'whole', secrets, at);
  expect(request!.headers).toMatchObject({
    'webhook-id': 'k1',
    'webhook-timestamp': '1795395964',
    'webhook-signature': signature(secrets.keys[0]!, 'k1', '1795395964', request!.body),
  });
});

test.each(['', 'whsec_', 'whsec_c2hvcnQ=', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', `whsec_${'A'.repeat(200)}`])(
  'a signing key that is none is refused: %s',
  (text) => expect(parseKey(text)).toBeUndefined(),
);

test('while keys are changed, a webhook is signed by both', () => {
  const keys = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const [request] = webhook.requests(messageOf([alert()], at), 'whole', { ...secrets, keys }, at);
  expect(request!.headers['webhook-signature']?.split(' ')).toEqual(
    keys.map((key) => signature(key, 'k1', '1795395964', request!.body)),
  );
});

test('each receiver is told what its documentation asks for', () => {
  expect(bodyOf(webhook)).toMatchObject({
    type: 'auditseal.alert',
    timestamp: at.toISOString(),
    data: { alerts: [{ key: 'k1', rule: 'exec-into-pod', subject: 'mallory', count: 1 }], omitted: 0 },
  });
  expect(bodyOf(slack)).toEqual({
    text: [
      'auditseal: [high] A shell in a pod (exec-into-pod) by `mallory`, on prod/cp-1',
      '2026-11-23T01:06:03.433Z `create` `pods/exec lab/web-0` by `mallory` from 192.0.2.7, answered 101 (event.id ab-000000000001)',
      'Next: Look at what was run.',
    ].join('\n'),
    unfurl_links: false,
  });
  expect(bodyOf(alertmanager)).toMatchObject([
    {
      labels: {
        alertname: 'AuditsealMatch',
        rule: 'exec-into-pod',
        severity: 'high',
        cluster: 'prod',
        node: 'cp-1',
        source: 'kube-apiserver',
        user: 'mallory',
      },
      startsAt: '2026-11-23T01:06:03.433Z',
      endsAt: '2026-11-24T01:06:04.000Z',
    },
  ]);
  expect(bodyOf(pagerduty)).toMatchObject({
    routing_key: 'R0UT1NG',
    event_action: 'trigger',
    dedup_key: expect.stringMatching(/^auditseal-[\da-f]{32}$/u) as unknown,
    payload: { source: 'prod/cp-1', severity: 'error', timestamp: '2026-11-23T01:06:03.433Z' },
  });
});

const dedup = (from: string, group = 'g1') => bodyOf(pagerduty, [alert({ from, group })])['dedup_key'];

test('an incident is of a group and a day: the same that day, another the next', () => {
  const first = dedup('2026-11-23T01:06:03.433Z');
  expect(dedup('2026-11-23T23:06:03.433Z')).toBe(first);
  expect(dedup('2026-11-24T01:06:03.433Z')).not.toBe(first);
  expect(dedup('2026-11-23T01:06:03.433Z', 'g2')).not.toBe(first);
});

/** What somebody would name himself, or an object. */
const hostile = [
  '<!channel>',
  '<!here|x>',
  '<@U012AB3CD>',
  '<https://evil.example|kubectl>',
  '@channel @everyone',
  '[kubectl](https://evil.example)',
  '*bold* _it_ ~no~ `code` ``` block',
  '`; <!everyone>',
  '&lt;!channel&gt;',
  '"}],"text":"x',
  `${'x'.repeat(5000)}<!channel>`,
];

function alertOf(text: string) {
  const name = plain(text, 120);
  const [sample] = alert().samples;
  return alert({
    subject: name,
    samples: [
      { ...sample!, user: name, impersonator: name, verb: plain(text, 40), resource: plain(text, 200) },
    ],
  });
}

test.each(hostile)('what a client names itself is no command to a chat: %s', (text) => {
  for (const rows of [[alertOf(text)], [alertOf(text), alert({ key: 'k2', group: 'g2' })]]) {
    const said = (bodyOf(slack, rows)['text'] as string).split('\n').join(' ');
    expect(said).not.toMatch(/[<>]/u);
    expect(said).not.toMatch(/@(?:channel|here|all|everyone)/u);
    // All that is not code is ours.
    const outside = said.replaceAll(/`[^`]*`/gu, '');
    expect(outside).not.toContain('`');
    expect(outside).not.toMatch(/evil|channel|bold|https/u);
    for (const channel of [pagerduty, alertmanager, webhook]) {
      const summaries = JSON.stringify(bodyOf(channel, rows)).replaceAll(/"alerts":.*/gu, '');
      expect(summaries).not.toMatch(/<[!@]|@(?:channel|here|all|everyone)|\]\(/u);
    }
  }
});

test('what ends a line, turns the direction or is not seen becomes a mark', () => {
  expect(plain('a\nb\u202Ec\u200Bd\u0000e\uD800', 100)).toBe('a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFD');
  expect(plain('x'.repeat(200), 20)).toBe(`${'x'.repeat(14)} (cut)`);
});

test('in the bare form there is nothing that a client chose', () => {
  for (const channel of [webhook, slack, alertmanager, pagerduty])
    for (const rows of [[alertOf('m4llory')], [alertOf('m4llory'), alertOf('m4llory')]]) {
      expect(JSON.stringify(bodyOf(channel, rows))).toContain('m4llory');
      const bare = JSON.stringify(bodyOf(channel, rows, 'bare'));
      expect(bare).not.toContain('m4llory');
      expect(bare).toContain('exec-into-pod');
    }
});

test('whatever is told stays within the limits of the receivers', () => {
  const wide = '\u{1F600}'.repeat(100);
  const rows = Array.from({ length: 250 }, (_, i) => ({
    ...alertOf(wide),
    key: `k${i}`,
    group: `g${i}`,
    title: 't'.repeat(120),
  }));
  for (const some of [rows.slice(0, 1), rows]) {
    const [hook] = webhook.requests(messageOf(some, at), 'whole', secrets, at);
    expect(Buffer.byteLength(hook!.body)).toBeLessThan(20_000);
    expect((bodyOf(slack, some)['text'] as string).length).toBeLessThanOrEqual(3000);
    const { payload } = bodyOf(pagerduty, some) as { payload: { summary: string } };
    expect(payload.summary.length).toBeLessThanOrEqual(1024);
    expect(Buffer.byteLength(JSON.stringify(bodyOf(pagerduty, some)))).toBeLessThan(512 * 1024);
  }
});
