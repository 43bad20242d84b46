import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const version = 'v3.22.0';
export const chart = join(import.meta.dirname, '../../../charts/auditseal');
const run = promisify(execFile);

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
export type KubernetesObject = z.infer<typeof objectSchema>;

/**
 * The path of a real helm: of `HELM`, else one that Go builds once into the cache folder (some minutes).
 * @throws where neither can be had
 */
export async function findHelm(): Promise<string> {
  const given = process.env['HELM'];
  if (given) return given;
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'auditseal');
  const binary = join(cache, `helm-${version}`);
  if (await exists(binary)) return binary;
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'helm-'));
  try {
    await run('go', ['install', `helm.sh/helm/v3/cmd/helm@${version}`], {
      env: { ...process.env, GOBIN: folder, GOFLAGS: '-buildvcs=false' },
    });
    // Whole or not at all, however many build at once; from beside it, since a rename crosses no file systems.
    await rename(join(folder, 'helm'), binary);
  } finally {
    await rm(folder, { recursive: true });
  }
  return binary;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What `helm template` prints for these arguments. Rejects with helm's own words. */
export async function template(helm: string, ...more: string[]): Promise<string> {
  // A helm that Go builds by itself takes Kubernetes to be 1.20.
  const common = ['template', 'auditseal', chart, '--namespace', 'auditseal', '--kube-version', '1.35.0'];
  return (await run(helm, [...common, ...more], { maxBuffer: 16 * 1024 * 1024 })).stdout;
}

/** The objects of a rendered text. */
export function objectsOf(text: string): KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS();
    return value === null ? [] : [objectSchema.parse(value)];
  });
}
