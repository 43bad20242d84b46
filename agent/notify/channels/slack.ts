import { bare } from '../message.ts';
import { neutral } from '../plain.ts';
import { details, headline } from '../words.ts';
import type { Quote } from '../words.ts';
import { jsonHeaders } from './channel.ts';
import type { Channel } from './channel.ts';

/** In UTF-16 units: what Slack shows of a text in one piece, and below the least limit of what is compatible with it. */
const textUnitsMax = 3000;

/** Slack's incoming webhooks, and what takes the same: Mattermost, Rocket.Chat, Discord (its URL with /slack). */
export const slack: Channel = {
  groupsItself: false,
  alertsMax: Infinity,
  busySeconds: 1,
  requests(message, form, { url }) {
    const shown = form === 'whole' ? message : { ...message, alerts: message.alerts.map((one) => bare(one)) };
    const lines = [headline(shown, quote), ...details(shown, quote)];
    let text = lines[0]!;
    for (const line of lines.slice(1)) {
      if (text.length + line.length + 1 > textUnitsMax) break;
      text += `\n${line}`;
    }
    return [{ url, headers: jsonHeaders(), body: JSON.stringify({ text, unfurl_links: false }) }];
  },
};

/** `&`, `<` and `>` as Slack wants them: `<!channel>` calls everybody. */
function escaped(text: string): string {
  return neutral(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** What a client chose is code, in which no receiver looks for marks, links or names; a backtick would end it. */
const quote: Quote = {
  value: (text) => `\`${escaped(text).replaceAll('`', '\u02CB')}\``,
  words: escaped,
};
