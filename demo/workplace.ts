import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** Everything of one demo on this machine's disk, in one temporary folder. */
export class Workplace {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Workplace> {
    const workplace = new Workplace(await mkdtemp(join(tmpdir(), 'auditseal-demo-')));
    await mkdir(join(workplace.folder, 'log'));
    return workplace;
  }

  get auditLog(): string {
    return join(this.folder, 'log', 'audit.log');
  }

  get configFile(): string {
    return join(this.folder, 'auditseal.yaml');
  }

  get trustFile(): string {
    return join(this.folder, 'trust.json');
  }

  get agentLog(): string {
    return join(this.folder, 'agent.log');
  }

  /** Writes the agent's configuration and returns its text. What a node of a cluster has differently: the paths, the port. */
  async configure(url: string, namespace: string): Promise<string> {
    const text = stringify({
      cluster: 'demo',
      node: 'cp-1',
      stateDir: join(this.folder, 'state'),
      sources: [{ name: 'kube-apiserver', path: this.auditLog }],
      // An embedded Elasticsearch 9 lacks the native library of the better codec.
      elasticsearch: { urls: [url], namespace, codec: 'default' },
      batchSeconds: 1,
      http: { port: 0 },
      // A small temporary file system is no reason to pause; and whoever presses Ctrl-C does not want to wait.
      freeBytesMin: 0,
      shutdownSeconds: 5,
    });
    await writeFile(this.configFile, text);
    return text;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
