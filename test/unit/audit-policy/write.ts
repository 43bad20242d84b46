import { writeFileSync } from 'node:fs';
import { elasticNeedsText } from './elastic-needs.ts';

/** Writes what Elastic's rules need of an audit policy. A test fails when it drifts. */
writeFileSync(new URL('../../../agent/audit-policy/elastic-rules.json', import.meta.url), elasticNeedsText());
