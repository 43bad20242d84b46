import { grouped, total, user, userName } from './question.ts';
import type { Question } from './question.ts';

const codes = [
  { heading: '401', is: (code: number) => code === 401 },
  { heading: '403', is: (code: number) => code === 403 },
  { heading: '404', is: (code: number) => code === 404 },
  { heading: '409', is: (code: number) => code === 409 },
  { heading: 'OTHER 4xx', is: (code: number) => ![401, 403, 404, 409].includes(code) && code < 500 },
  { heading: '5xx', is: (code: number) => code >= 500 },
];

/** 401 and 403 were denied, the rest failed. */
export const failures: Question<'user' | 'code'> = {
  title: 'Failed and denied requests by user',
  query: 'event.outcome:failure',
  by: { user, code: 'http.response.status_code' },
  table: (buckets) => ({
    columns: [
      { heading: 'USER', widthMax: 56 },
      ...codes.map(({ heading }) => ({ heading })),
      { heading: 'ALL' },
    ],
    rows: grouped(buckets, ({ user: name }) => String(name)).map((group) => [
      userName(group[0]!.key.user),
      ...codes.map(({ is }) => total(group.filter(({ key }) => is(Number(key.code))))),
      total(group),
    ]),
  }),
};
