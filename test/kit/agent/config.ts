import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** The keys of the configuration file that tests set; `stateDir`, `policyFile` and `sources` come from the folder. */
export interface TestConfig {
  elasticsearchUrl: string;
  namespace: string;
  /** Names of sources beside their path; default: one, `kube-apiserver`, in `logs/audit.log`. */
  sources?: { name: string; path: string }[];
  /** Any other key of the file. */
  more?: Record<string, unknown>;
  /** Keys of its `elasticsearch` section. */
  elasticsearch?: Record<string, unknown>;
}

/** Keeps every event whole, so that what is written and what arrives can be compared. */
export const keepEverything = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
  - name: everything
    level: RequestResponse
`;

/**
 * Writes `auditseal.yaml` and a policy that keeps everything into `folder`; the agent is quick, since nobody else needs the
 * disk. Returns the file's path. With `more` a second call changes the configuration of the same state.
 */
export async function writeConfig(folder: string, config: TestConfig): Promise<string> {
  const { elasticsearchUrl, namespace, sources, more, elasticsearch } = config;
  const policyFile = join(folder, 'policy.yaml');
  await writeFile(policyFile, keepEverything);
  const text = stringify({
    cluster: 'test',
    node: 'node-1',
    stateDir: join(folder, 'state'),
    sources: sources ?? [{ name: 'kube-apiserver', path: join(folder, 'logs', 'audit.log') }],
    policyFile,
    // An embedded Elasticsearch 9 lacks the native library of the better codec.
    elasticsearch: {
      urls: [elasticsearchUrl],
      namespace,
      codec: 'default',
      requestSeconds: 10,
      ...elasticsearch,
    },
    // For the same reason; the tests of redaction and of drift switch them on.
    redact: { enabled: false },
    drift: { enabled: false },
    batchSeconds: 0.1,
    heartbeatSeconds: 60,
    pollMilliseconds: 25,
    commitsPerSecondMax: 1000,
    freeBytesMin: 0,
    // On a busy machine, too, a stop has delivered all.
    shutdownSeconds: 200,
    http: { port: 0 },
    ...more,
  });
  const file = join(folder, 'auditseal.yaml');
  await writeFile(file, text);
  return file;
}
