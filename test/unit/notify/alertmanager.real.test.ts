import { expect } from 'vitest';
import { alertmanager } from '../../../agent/notify/channels/alertmanager.ts';
import { messageOf } from '../../../agent/notify/message.ts';
import { startAlertmanager } from '../../kit/alertmanager/index.ts';
import { testReal } from '../../kit/real.ts';
import { alert } from './alerts.ts';

testReal(
  'a real Alertmanager takes what it is told, tells alerts apart by their labels, and keeps them for a day',
  async () => {
    await using server = await startAlertmanager();
    const secrets = { url: new URL(server.url), keys: [], routingKey: '' };
    const now = new Date();
    const at = now.toISOString();
    const post = async (...rows: Parameters<typeof messageOf>[0][number][]) => {
      const [request] = alertmanager.requests(messageOf(rows, now), 'whole', secrets, now);
      const { url, headers, body } = request!;
      return (await fetch(url, { method: 'POST', headers: { ...headers }, body })).status;
    };
    const [first, again] = [alert({ from: at, to: at }), alert({ key: 'k2', count: 3, from: at, to: at })];
    const other = alert({ key: 'k3', group: 'g3', subject: 'eve<!channel>', from: at, to: at });
    const notice = alert({
      key: 'k4',
      group: 'g4',
      kind: 'notice',
      rule: 'gap',
      subject: '',
      samples: [],
      from: at,
    });
    expect(await post(first)).toBe(200);
    expect(await post(again)).toBe(200);
    expect(await post(other, notice)).toBe(200);
    const alerts = await server.alerts();
    const users = alerts.map(
      ({ labels }) => `${labels['alertname']} ${labels['rule']} ${labels['user'] ?? '-'}`,
    );
    expect(users.toSorted()).toEqual([
      'AuditsealMatch exec-into-pod eve<\u200B!channel>',
      'AuditsealMatch exec-into-pod mallory',
      'AuditsealNotice gap -',
    ]);
    const told = alerts.find(({ labels }) => labels['user'] === 'mallory')!;
    expect(told.annotations['count']).toBe('3');
    expect(Date.parse(told.endsAt) - now.getTime()).toBeGreaterThan(23 * 3_600_000);
  },
);
