import { k3s } from './k3s/index.ts';
import { kind } from './kind/index.ts';
import { kubeadm } from './kubeadm/index.ts';
import type { Platform } from './platform.ts';

export const platforms: Readonly<Record<string, Platform>> = { kubeadm, k3s, kind };
