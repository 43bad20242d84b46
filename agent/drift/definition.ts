import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hash } from 'node:crypto';
import { isFields } from '../event/index.ts';
import { fileBytesMax, InputError, parseYaml, readTextFile } from '../input/index.ts';
import { DriftError } from './error.ts';
import { parseFlags } from './flags.ts';
import type { Flags } from './flags.ts';

/** Where it is written with which flags an apiserver is to run: intent, which need not be what runs. */
export interface Definition {
  readonly kind: 'static pod' | 'k3s or RKE2 configuration' | 'file of arguments';
  /** The file, or the first of several. */
  readonly path: string;
  readonly flags: Flags;
  /** Whether a flag that is not there is not set; k3s takes arguments from its unit, too. */
  readonly isWhole: boolean;
  /** `1.35`, as the image's tag has it. */
  readonly version: string | undefined;
  /** `sha256:<hex>` of what was read. */
  readonly digest: string;
  /** The path on the node of a path in the apiserver's own file system; undefined for one in no mount. */
  readonly onNode: (path: string) => string | undefined;
}

/** Static pods of kube-apiservers, as distributions name them. */
const manifestNames = ['kube-apiserver.yaml', 'kube-apiserver-pod.yaml', 'talos-kube-apiserver.yaml'];
/** Drop-ins that are read. */
const dropInsMax = 50;

/** Known places, in the order in which they are looked for. */
export const knownDefinitions: readonly string[] = [
  '/etc/kubernetes/manifests',
  '/var/lib/rancher/rke2/agent/pod-manifests',
  '/etc/rancher/rke2',
  '/etc/rancher/k3s',
  '/var/snap/microk8s/current/args/kube-apiserver',
];

/**
 * Reads what defines an apiserver: the folder of static pods or one of them, the folder or file of k3s' or RKE2's configuration, or
 * a file of arguments (microk8s). Throws DriftError `unreadable`.
 */
export async function readDefinition(path: string): Promise<Definition> {
  try {
    const files = await filesOf(path);
    const texts = await Promise.all(files.map((file) => readTextFile(file, fileBytesMax.settings)));
    const digest = `sha256:${hash('sha256', texts.join('\0'))}`;
    return { ...definitionOf(files, texts), digest };
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new DriftError('unreadable', `${path} ${cause.message}`, { cause });
  }
}

async function filesOf(path: string): Promise<string[]> {
  const names = await namesIn(path);
  if (names === undefined) return [path];
  const manifest = manifestNames.find((name) => names.includes(name));
  if (manifest !== undefined) return [join(path, manifest)];
  if (basename(path) === 'config.yaml.d') return dropIns(path, names);
  const folder = join(path, 'config.yaml.d');
  const files = [
    ...(names.includes('config.yaml') ? [join(path, 'config.yaml')] : []),
    ...dropIns(folder, (await namesIn(folder)) ?? []),
  ];
  if (files.length > 0) return files;
  throw new DriftError(
    'unreadable',
    `${path} has no ${manifestNames.join(', ')}, config.yaml or config.yaml.d: name the folder or file that defines the apiserver`,
  );
}

function dropIns(folder: string, names: readonly string[]): string[] {
  return names
    .filter((name) => /\.ya?ml$/u.test(name))
    .toSorted()
    .slice(0, dropInsMax)
    .map((name) => join(folder, name));
}

/** Undefined for what is no folder. */
async function namesIn(path: string): Promise<string[] | undefined> {
  try {
    return (await stat(path)).isDirectory() ? await readdir(path) : undefined;
  } catch (cause) {
    if (basename(path) === 'config.yaml.d') return undefined;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new DriftError('unreadable', `${path} cannot be read (${code})`, { cause });
  }
}

type Read = Omit<Definition, 'digest'>;

function definitionOf(files: readonly string[], texts: readonly string[]): Read {
  const [path = ''] = files;
  const first = texts[0] ?? '';
  if (files.length === 1 && isOfArguments(first))
    return {
      kind: 'file of arguments',
      path,
      flags: parseFlags(first.split(/\s+/u)),
      isWhole: true,
      version: undefined,
      onNode: (one) => one,
    };
  const documents = texts.map((text) => parseYaml(text));
  const pod = documents[0];
  if (isFields(pod) && pod['kind'] === 'Pod') return staticPod(path, pod);
  return rancher(path, documents);
}

function isOfArguments(text: string): boolean {
  return text
    .split('\n')
    .every((line) => line.trim() === '' || line.startsWith('#') || line.startsWith('--'));
}

/** A pod of the kubelet (k8s.io/api/core/v1 Pod): the first container that runs a kube-apiserver. */
function staticPod(path: string, pod: Readonly<Record<string, unknown>>): Read {
  const spec = fields(pod['spec']);
  const containers = list(spec['containers']).map(fields);
  const container = containers.find((one) => argumentsOf(one).some((arg) => arg.startsWith('--audit-')));
  const chosen = container ?? containers.find(({ name }) => name === 'kube-apiserver') ?? containers[0] ?? {};
  const paths = new Map(
    list(spec['volumes'])
      .map(fields)
      .map((volume) => [stringOf(volume['name']), stringOf(fields(volume['hostPath'])['path'])]),
  );
  const mounts = list(chosen['volumeMounts'])
    .map(fields)
    .flatMap((mount) => {
      const on = paths.get(stringOf(mount['name'])) ?? '';
      const inside = withoutSlash(stringOf(mount['mountPath']));
      return inside === '' || on === '' ? [] : [{ inside, on: withoutSlash(on) }];
    })
    .toSorted((a, b) => b.inside.length - a.inside.length);
  return {
    kind: 'static pod',
    path,
    flags: parseFlags(argumentsOf(chosen)),
    isWhole: true,
    version: /:v?(\d+\.\d+)(?:\.\d+)?[^:/]*$/u.exec(stringOf(chosen['image']))?.[1],
    onNode: (one) => {
      const mount = mounts.find(({ inside }) => one === inside || one.startsWith(`${inside}/`));
      return mount && mount.on + one.slice(mount.inside.length);
    },
  };
}

function argumentsOf(container: Readonly<Record<string, unknown>>): string[] {
  return [...list(container['command']), ...list(container['args'])].filter((arg) => typeof arg === 'string');
}

/**
 * k3s and RKE2 (docs.k3s.io, Configuration File): later files replace a value; a key with `+` adds to the list before it. Of what else
 * is in these files, tokens among it, nothing is looked at.
 */
function rancher(path: string, documents: readonly unknown[]): Read {
  let args: string[] = [];
  let policyFile: string | undefined;
  for (const document of documents.map(fields)) {
    if (Object.hasOwn(document, 'kube-apiserver-arg')) args = stringsOf(document['kube-apiserver-arg']);
    if (Object.hasOwn(document, 'kube-apiserver-arg+'))
      args = [...args, ...stringsOf(document['kube-apiserver-arg+'])];
    if (typeof document['audit-policy-file'] === 'string') policyFile = document['audit-policy-file'];
  }
  const ofPolicy = policyFile === undefined ? [] : [`--audit-policy-file=${policyFile}`];
  return {
    kind: 'k3s or RKE2 configuration',
    path,
    flags: parseFlags([...ofPolicy, ...args.map((arg) => (arg.startsWith('--') ? arg : `--${arg}`))]),
    isWhole: false,
    version: undefined,
    onNode: (one) => one,
  };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return isFields(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function stringsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/u, '');
}
