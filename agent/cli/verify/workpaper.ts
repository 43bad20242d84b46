import { hostname, userInfo } from 'node:os';
import { clusterOf, ElasticsearchError } from '../../elasticsearch/index.ts';
import type { Cluster, ElasticsearchClient } from '../../elasticsearch/index.ts';
import { messageOf } from '../../error.ts';
import { printable } from '../../json/index.ts';
import { withoutSecrets } from '../terminal/text.ts';
import { versionText } from '../version.ts';

/** A file that the verdict rests on. */
export interface InputFile {
  file: string;
  /** Hex, of the bytes that were read. */
  sha256: string;
}

/** What whoever reads the report later must know to do the same again. */
export interface Workpaper {
  /** Name and version, and Node's. */
  tool: string;
  /** The parameters, without what a URL may hold of credentials. */
  command: readonly string[];
  /** RFC 3339. */
  startedAt: string;
  by: { user: string; uid: number; host: string };
  elasticsearch: Cluster | { unknown: string };
  trust: InputFile | undefined;
  known: (InputFile & { at: string | undefined }) | undefined;
}

/** Asks Elasticsearch which cluster it is; a key that may only read the streams gets no answer, which is said. */
export async function workpaperOf(
  client: ElasticsearchClient,
  { trust, known }: Pick<Workpaper, 'trust' | 'known'>,
  signal: AbortSignal,
): Promise<Workpaper> {
  return {
    tool: versionText,
    command: process.argv.slice(2).map(shown),
    startedAt: new Date().toISOString(),
    by: { ...user(), host: hostname() },
    elasticsearch: await clusterOf(client, signal).catch(unknownCluster),
    trust,
    known,
  };
}

/** The first lines of the report. */
export function describeWorkpaper(workpaper: Workpaper): string[] {
  const { tool, command, startedAt, by, elasticsearch, trust, known } = workpaper;
  const cluster =
    'unknown' in elasticsearch
      ? `not known which: ${elasticsearch.unknown}`
      : `${elasticsearch.version === undefined ? '' : `${elasticsearch.version}, `}cluster ${elasticsearch.name}, UUID ${elasticsearch.uuid}`;
  return [
    `${tool}, at ${startedAt}`,
    `command: ${commandLine(command)}`,
    `run by: ${by.user} (uid ${by.uid}) on ${by.host}`,
    `elasticsearch: ${cluster}`,
    `trust file: ${trust ? `${trust.file}, SHA-256 ${trust.sha256}` : 'none'}`,
    ...(known
      ? [
          `known: ${known.file}, SHA-256 ${known.sha256}${known.at === undefined ? '' : `, as of ${known.at}`}`,
        ]
      : []),
  ].map(printable);
}

/** As a shell takes it. */
export function commandLine(command: readonly string[]): string {
  return `auditseal ${command.map(quoted).join(' ')}`;
}

/** In a container the uid may have no name. */
function user(): { user: string; uid: number } {
  const uid = process.getuid?.() ?? -1;
  try {
    return { user: userInfo().username, uid };
  } catch {
    return { user: 'unnamed', uid };
  }
}

/** Where it is not reached at all, the verification itself says so. */
function unknownCluster(error: unknown): { unknown: string } {
  if (!(error instanceof ElasticsearchError)) throw error;
  if (error.code === 'unauthorized')
    return { unknown: 'the key lacks the cluster privilege cluster:monitor/main' };
  return { unknown: messageOf(error).slice(0, reasonCharsMax) };
}

const reasonCharsMax = 200;

function shown(parameter: string): string {
  const [, name = '', value] = /^(--[\w-]+=)?(.*)$/su.exec(parameter) ?? [];
  if (value === undefined || !/^https?:/iu.test(value) || !URL.canParse(value)) return parameter;
  return `${name}${withoutSecrets(value)}`;
}

/** As a shell takes it. */
function quoted(parameter: string): string {
  return /^[\w@%+=:,./-]+$/u.test(parameter) ? parameter : `'${parameter.replaceAll("'", String.raw`'\''`)}'`;
}
