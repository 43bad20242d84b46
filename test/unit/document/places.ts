import type { DocumentContext, Place } from '../../../agent/document/index.ts';

export const context: DocumentContext = {
  cluster: 'prod',
  node: 'cp-1',
  namespace: 'auditseal',
  origin: 'prod/cp-1/kube-apiserver/20261123T004438Z',
  logId: '0123456789abcdef',
  agentVersion: '0.1.0',
  ecsVersion: '9.4.0',
};

export const place: Place = {
  index: 42,
  batch: 7,
  path: '/var/log/kubernetes/audit.log',
  offset: 1234,
  readAt: new Date('2026-11-23T02:00:00.123Z'),
};
