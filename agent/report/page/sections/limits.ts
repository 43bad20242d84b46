import { markup } from '../html.ts';
import type { Section } from './section.ts';

/** What a reader must not take from this report. */
export function limitsSection(): Section {
  return {
    id: 'limits',
    title: 'What this report does not show',
    body: markup`<ul>
        <li>
          What never reached the kube-apiserver: access to nodes, to etcd, to the kubelet, and what happens
          inside of containers.
        </li>
        <li>
          What the apiserver’s own audit policy did not write, and what the agent’s policy dropped: that is
          counted above, and nothing more is known of it.
        </li>
        <li>
          What somebody with root on a control-plane node removed from the audit log before the agent read it.
        </li>
        <li>
          Anything that a thief of an agent’s current key signs, from the theft on. Checkpoints that others
          keep bound that.
        </li>
        <li>Which person sat behind an account that several share.</li>
        <li>
          That nothing found in a table means that nothing happened, unless the verdict is “verified” and the
          event is one that is recorded.
        </li>
      </ul>
      <p>The whole list is in docs/threat-model.md.</p>`,
  };
}
