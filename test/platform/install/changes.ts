import type { Change, Route } from './route.ts';

/** What no machine of this test has, whatever the platform. `$IMAGE_ARCHIVE` is set in the shell of who follows the guide. */
export const noCompose: Change = {
  what: /^docker compose /u,
  kind: 'excused',
  why: 'no image can be pulled: a real Elasticsearch answers as elasticsearch.example and localhost, embedded; in place of Kibana answers a stand-in that holds what it is sent against the schemas of Kibana 9.5',
};
export const builtImage: Change = {
  what: /^docker build -t (\S+) \.$/u,
  kind: 'replaced',
  by: 'test -s "$IMAGE_ARCHIVE"',
  why: 'no base can be pulled: buildah has built the same Dockerfile under the same name, outside, on bases of this machine that are laid out as the real ones',
};
export const codec: readonly Change[] = [
  {
    what: /(?<=^npm run -s auditseal -- setup )/u,
    kind: 'replaced',
    by: '--codec default ',
    why: 'an embedded Elasticsearch lacks the native library of best_compression',
  },
  {
    what: /(?<=^helm install auditseal charts\/auditseal )/u,
    kind: 'replaced',
    by: '--set config.elasticsearch.codec=default ',
    why: 'the same',
  },
];

/** What the guide itself says to wait for. */
export const firstBatch: Change = {
  what: /^npm run -s auditseal -- who /u,
  kind: 'awaited',
  secondsMax: 120,
  why: 'the first batch is sealed, sent and searchable some ten seconds after the agents start, as the guide says',
};

/** What the last steps have to say on every platform. */
export const expectations: Route['expectations'] = [
  { what: /tail -n 1 /u, says: /^\{"kind":"Event","apiVersion":"audit\.k8s\.io\/v1"/u },
  { what: / rollout status /u, says: /successfully rolled out/u },
  { what: /auditseal -- who /u, says: /auditseal-elasticsearch/u },
  { what: /auditseal -- verify /u, says: /verified/u },
];
