import { markup } from '../html.ts';
import type { Section } from './section.ts';

/** For a reader who has never seen auditseal. */
export function aboutSection(): Section {
  return {
    id: 'about',
    title: 'How to read this report',
    body: markup`<p>
        Kubernetes is administered through a server, the kube-apiserver, which writes an audit log: who asked
        for what, when, from where, and what became of it. auditseal reads that log on the servers themselves,
        seals it and ships it to Elasticsearch.
      </p>
      <ul>
        <li>
          A <em>batch</em> is a few seconds of that log. Before anything leaves the server, the agent makes a
          signed record of each batch: a hash of every event, how many lines were read, what was dropped and
          by which rule, where in the file it read, and what it does not know (a <em>gap</em>).
        </li>
        <li>
          Batches are numbered and chained, and there is one at least every minute even when nothing happens.
          So a batch that is missing shows, and so does silence.
        </li>
        <li>
          The <em>verdict</em> compares all events in Elasticsearch with those records, under keys that the
          auditor keeps (the trust file). Whoever administers Elasticsearch can delete or change events, but
          not so that the verdict stays “verified”.
        </li>
        <li>
          The <em>tables</em> say what is in the events. They are as good as the verdict: where it is not
          “verified”, a table may lack events or hold invented ones.
        </li>
        <li>
          Names of users and objects are chosen by those who make requests. Unusual characters are shown as
          <code>\\u202e</code>, long names are cut.
        </li>
      </ul>
      <p>
        All times are UTC. A request leaves up to three events, one a stage; tables say whether they count
        requests or events.
      </p>`,
  };
}
