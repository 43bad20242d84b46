import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

const scene = z.strictObject({
  rule: z.string(),
  /** Whether the rule fires at one of the lines. */
  kind: z.enum(['hit', 'near_miss']),
  lines: z.array(z.string()).min(1),
});

/**
 * What a kube-apiserver 1.37 wrote of requests that were made to it once, for rules and against them: all events of people,
 * workloads and nobody, without RequestReceived. Tokens in answers are replaced by `a-token`. It had no kubelet, so that no session came about.
 */
export const recorded: readonly z.infer<typeof scene>[] = gunzipSync(
  readFileSync(join(import.meta.dirname, 'fixtures/detect/recorded.jsonl.gz')),
)
  .toString()
  .trimEnd()
  .split('\n')
  .map((line) => scene.parse(JSON.parse(line)));
