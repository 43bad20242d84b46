import type { Fields } from '../event/index.ts';
import { fieldsIn, isTrue, objectsIn, textIn, textsIn } from './body.ts';

/** What a pod's specification asks of its node, whether it stands in a pod or in a workload's template. */
export interface Pod {
  readonly privileged: boolean;
  readonly hostPid: boolean;
  readonly hostIpc: boolean;
  readonly hostNetwork: boolean;
  /** Upper case, without CAP_. */
  readonly capabilities: readonly string[];
  readonly hostPaths: readonly string[];
  readonly images: readonly string[];
  /** Command and arguments of each container, joined by a blank. */
  readonly commands: readonly string[];
  readonly serviceAccount: string;
  readonly nodeName: string;
  /** Tolerates every taint, so that it runs on control-plane nodes too. */
  readonly toleratesAll: boolean;
}

const kindsOfContainers = ['containers', 'initContainers', 'ephemeralContainers'];

/** Of a pod or of what makes pods: Deployment, DaemonSet, Job and the like have a template, a CronJob has one of a Job. */
export function podOf(object: Fields): Pod {
  const spec = specOf(object);
  const containers = kindsOfContainers.flatMap((kind) => objectsIn(spec, kind));
  const contexts = containers.map((container) => fieldsIn(container, 'securityContext'));
  return {
    privileged: contexts.some((context) => isTrue(context, 'privileged')),
    hostPid: isTrue(spec, 'hostPID'),
    hostIpc: isTrue(spec, 'hostIPC'),
    hostNetwork: isTrue(spec, 'hostNetwork'),
    capabilities: contexts
      .flatMap((context) => textsIn(fieldsIn(context, 'capabilities'), 'add'))
      .map((name) => name.toUpperCase().replace(/^CAP_/u, '')),
    hostPaths: objectsIn(spec, 'volumes')
      .map((volume) => textIn(fieldsIn(volume, 'hostPath'), 'path'))
      .filter((path) => path !== '')
      .map((path) => normal(path)),
    images: containers.map((container) => textIn(container, 'image')).filter((image) => image !== ''),
    commands: containers.map((container) =>
      [...textsIn(container, 'command'), ...textsIn(container, 'args')].join(' '),
    ),
    serviceAccount: textIn(spec, 'serviceAccountName') || textIn(spec, 'serviceAccount'),
    nodeName: textIn(spec, 'nodeName'),
    toleratesAll: objectsIn(spec, 'tolerations').some(
      (toleration) => textIn(toleration, 'operator') === 'Exists' && textIn(toleration, 'key') === '',
    ),
  };
}

function specOf(object: Fields): Fields {
  const spec = fieldsIn(object, 'spec');
  if (Object.hasOwn(spec, 'jobTemplate')) return fieldsIn(spec, 'jobTemplate', 'spec', 'template', 'spec');
  if (Object.hasOwn(spec, 'template')) return fieldsIn(spec, 'template', 'spec');
  // A PodTemplate has it beside its metadata.
  if (Object.hasOwn(object, 'template')) return fieldsIn(object, 'template', 'spec');
  return spec;
}

/** The kubelet mounts `/etc/../` as `/`: no rule must miss a path for how it is written. */
function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
