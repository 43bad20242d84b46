import { execFile } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

const version = 'v3.22.0';
export const chart = join(import.meta.dirname, '../../../charts/auditseal');
const run = promisify(execFile);

/** The least that has to be set, as of `--set`. */
export const least =
  'cluster=prod,image.repository=registry.example/auditseal,elasticsearch.url=https://es.example:9200,elasticsearch.existingSecret=key';

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
  return (await run(helm, [...command(chart), ...more], { maxBuffer: 16 * 1024 * 1024 })).stdout;
}

/** A helm that Go builds by itself takes Kubernetes to be 1.20. */
function command(folder: string): string[] {
  return ['template', 'auditseal', folder, '--namespace', 'auditseal', '--kube-version', '1.35.0'];
}

/** What `helm install` prints for these arguments when it is done. `helm template` prints no notes: here they are a value in a manifest. */
export async function notes(helm: string, ...more: string[]): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'auditseal-chart-'));
  try {
    await cp(chart, copy, { recursive: true });
    const file = join(copy, 'templates/NOTES.txt');
    await writeFile(
      join(copy, 'templates/_notes.tpl'),
      `{{- define "notes" }}${await readFile(file, 'utf8')}{{ end }}`,
    );
    await writeFile(
      join(copy, 'templates/notes.yaml'),
      '{ "kind": "Notes", "notes": {{ include "notes" . | toJson }} }\n',
    );
    await rm(file);
    const { stdout } = await run(helm, [...command(copy), '--show-only', 'templates/notes.yaml', ...more]);
    return z.object({ notes: z.string() }).parse(parse(stdout)).notes;
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** The objects of a rendered text. */
export function objectsOf(text: string): KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS();
    return value === null ? [] : [objectSchema.parse(value)];
  });
}
