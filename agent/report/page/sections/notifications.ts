import type { Report } from '../../report.ts';
import { markup } from '../html.ts';
import { noticeTable } from './completeness.ts';
import type { Section } from './section.ts';

/** What the signed batches say of detection and of notifications. */
export function notificationsSection({ verified }: Report): Section {
  const { notify, detect } = verified.completeness.notices;
  return {
    id: 'notifications',
    title: 'Notifications and detection in force',
    body: markup`${
      notify
        ? noticeTable('What became of notifications, as the agents signed it', notify)
        : markup`<p>
            No batch of the time says that a receiver of notifications failed or that an alert was dropped. Those
              that were delivered are counted by the agents’ metrics, not in this log, and neither is what a
              rule in Kibana or another system sent.
          </p>`
    }
    ${
      detect
        ? noticeTable('Rules of detection: which were in force, which failed or were switched off', detect)
        : markup`<p>No batch of the time says that rules of detection changed, failed or were switched off.</p>`
    }`,
  };
}
