export { Completeness } from './completeness/completeness.ts';
export { pageOf } from './page/page.ts';
export { makeReport, type Maker, type Report, type Verified } from './report.ts';
