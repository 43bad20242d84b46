import type { Kubectl } from './kubectl.ts';

interface NodeKind {
  name: string;
  what: string;
  labels: string[];
  taints: { key: string; effect: string; value?: string }[];
  takes: boolean;
}

const role = 'node-role.kubernetes.io';
/** One of each kind that there is, with whether an agent has to run there. */
export const nodes: NodeKind[] = [
  {
    name: 'control-plane-1',
    what: 'kubeadm',
    labels: [`${role}/control-plane`],
    taints: [{ key: `${role}/control-plane`, effect: 'NoSchedule' }],
    takes: true,
  },
  {
    name: 'master-1',
    what: 'the old label and taint',
    labels: [`${role}/master`],
    taints: [{ key: `${role}/master`, effect: 'NoSchedule' }],
    takes: true,
  },
  {
    name: 'rke2-server-1',
    what: 'RKE2',
    labels: [`${role}/control-plane`, `${role}/etcd`, `${role}/master`],
    taints: [
      { key: `${role}/control-plane`, effect: 'NoSchedule' },
      { key: `${role}/etcd`, effect: 'NoExecute' },
      { key: 'CriticalAddonsOnly', value: 'true', effect: 'NoExecute' },
    ],
    takes: true,
  },
  { name: 'worker-1', what: 'a worker', labels: [`${role}/worker`], taints: [], takes: false },
  { name: 'worker-2', what: 'a worker without a label', labels: [], taints: [], takes: false },
];

/** A node object that says that it is ready, as a kubelet would. */
export async function register(kubectl: Kubectl, { name, labels, taints }: NodeKind): Promise<void> {
  const given = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
  };
  const roles = Object.fromEntries(labels.map((label) => [label, '']));
  await kubectl.demandWith(
    { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { ...given, ...roles } }, spec: { taints } },
    'create',
    '-f',
    '-',
  );
  const room = { cpu: '2', memory: '4Gi', pods: '110', 'ephemeral-storage': '20Gi' };
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'registered by the test' };
  const status = { capacity: room, allocatable: room, conditions: [ready] };
  const patch = [
    'patch',
    'node',
    name,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status }),
  ];
  await kubectl.demand(...patch);
}
