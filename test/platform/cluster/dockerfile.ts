import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export interface ImageConfig {
  entrypoint: string[];
  workingDir: string;
  env: Record<string, string>;
}

/** What the Dockerfile's last stage says about how the image runs. */
export function imageConfig(): ImageConfig {
  const text = readFileSync(join(import.meta.dirname, '../../../Dockerfile'), 'utf8');
  const instructions = text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /u.test(line));
  const stage = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));
  const valuesOf = (name: string) =>
    stage.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1).trim());
  return {
    entrypoint: z.array(z.string()).parse(JSON.parse(valuesOf('ENTRYPOINT').at(-1)!)),
    workingDir: valuesOf('WORKDIR').at(-1)!,
    env: Object.fromEntries(valuesOf('ENV').map((pair) => pair.split('=') as [string, string])),
  };
}
