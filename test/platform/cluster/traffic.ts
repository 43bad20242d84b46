import type { Kubectl } from './kubectl.ts';
import type { People } from './people.ts';
import { secretText } from './people.ts';

/** A request as kubectl says that it sent it: `METHOD URL STATUS`, without the server. */
export type Sent = string;

/** User → what that user's kubectl sent, by its own account. The user of a refused login is the empty text. */
export type Tally = Map<string, Sent[]>;

/** A request in the log that `-v=6` prints. */
const response = /"Response" verb="([A-Z]+)" url="https:\/\/[^/]+([^"]*)" status="(\d+)/gu;

/** Everybody does what they do, with the real kubectl; returns what it says that it sent. */
export async function doThings(people: People): Promise<Tally> {
  const tally: Tally = new Map();
  for (const [who, commands] of Object.entries(thingsToDo()) as [keyof People, string[][]][])
    for (const command of commands) await act(people[who], command, tally);
  return tally;
}

async function act(kubectl: Kubectl, command: readonly string[], tally: Tally): Promise<void> {
  const { stderr } = await kubectl.run('-v=6', ...command);
  const sent = [...stderr.matchAll(response)].flatMap(([, method, url = '', status]) => {
    // Of an exec kubectl says only that it fell back to SPDY, not that it had asked for a WebSocket before.
    const before = method === 'POST' && url.includes('/exec?') ? [`GET ${url} ${status}`] : [];
    return [...before, `${method} ${url} ${status}`];
  });
  if (sent.length === 0) throw new Error(`kubectl ${command.join(' ')} sent nothing: ${stderr}`);
  tally.set(kubectl.user, [...(tally.get(kubectl.user) ?? []), ...sent]);
}

/** Reading secrets, changing rights, getting into containers, being refused, not getting in at all. */
function thingsToDo(): Record<keyof People, string[][]> {
  const [shop, payments] = [
    ['-n', 'shop'],
    ['-n', 'payments'],
  ];
  const shopSecrets = '/api/v1/namespaces/shop/secrets';
  return {
    // First, since the others look at what it makes.
    deployer: [
      ['create', 'configmap', 'settings', ...shop, `--from-literal=password=${secretText}`],
      ['create', 'secret', 'generic', 'made', ...shop, `--from-literal=password=${secretText}`],
      ['run', 'web', ...shop, '--image=registry.example/web:1', '--restart=Never'],
      ['create', 'deployment', 'web', ...shop, '--image=registry.example/web:1', '--replicas=0'],
      ['patch', 'deployment', 'web', ...shop, '-p', '{"metadata":{"annotations":{"note":"ünï 🚀"}}}'],
      ['create', 'rolebinding', 'more', ...shop, '--clusterrole=admin', '--user=mallory'],
      ['delete', 'secret', 'made', ...shop, '--wait=false'],
    ],
    alice: [
      ['get', 'secret', 'database', ...shop, '-o', 'yaml'],
      ['get', 'secret', 'database', ...shop, '-o', 'jsonpath={.data}'],
      ['get', 'secrets', ...shop],
      ['get', 'secrets', ...payments],
      ['auth', 'can-i', 'create', 'clusterrolebindings'],
    ],
    bob: [
      ['get', 'pods', ...shop],
      ['get', 'secret', 'database', ...shop],
      ['get', 'secret', 'database', ...shop],
      ['exec', 'web', ...shop, '--', 'cat', '/etc/shadow'],
      ['delete', 'deployment', 'web', ...shop, '--wait=false'],
    ],
    zoe: [
      ['get', 'deployments', '-A'],
      ['get', 'configmap', 'settings', ...shop],
      ['get', 'secrets', '-A'],
      ['get', 'pods', '-A', '--watch', '--request-timeout=2s'],
    ],
    dave: [
      ['create', 'clusterrolebinding', 'evil', '--clusterrole=cluster-admin', '--user=mallory'],
      ['get', 'secret', 'database', ...payments, '--as=carol', '--as-group=system:masters'],
      ['get', 'secret', 'database', ...payments, '--as=carol'],
      ['delete', 'clusterrolebinding', 'evil', '--wait=false'],
      ['certificate', 'approve', 'nothing'],
      ['get', '--raw', '/api/v1/nodes/worker-1/proxy/pods'],
    ],
    mallory: [
      ['get', '--raw', shopSecrets],
      ['get', '--raw', '/api/v1/nodes'],
    ],
    eve: [
      ['get', '--raw', shopSecrets],
      ['get', '--raw', shopSecrets],
      ['get', '--raw', shopSecrets],
    ],
  };
}
