/**
 * Decides what becomes of an event, in the Kubernetes audit policy language
 * (https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/), matched as the apiserver matches it.
 *
 * The language is that of v0.37: since v0.36 `group: "*"` matches every group, and before it none. Keys that it does not have
 * are refused, which the apiserver forgives.
 *
 * Differences. A policy is applied to events that the apiserver has already written, so what no rule matches is kept
 * (`default`), not dropped. `objectRef.name` and `.namespace` are the event's: for a create the apiserver fills them from
 * the body, which the client chose, so a rule that drops should not rest on `resourceNames`. A rule of level None never
 * matches an event with a field of an unexpected type. Extensions, each optional in a rule:
 *
 * - `name`: what the rule is counted under (default `rule-<index>`).
 * - `stages`: the stages that the rule applies to (default: all).
 * - `codes`: status codes, `4xx` for a class, `none` for an event without one (default: all). A status `Failure` that lacks a code
 *   is of both 4xx and 5xx; a code of 0 is none.
 * - `outcomes`: `failure`, `success`, `unknown`, as `outcomeOf` tells it by more than the code (default: all).
 * - `impersonated`: only events of requests with (true) or without (false) impersonation. Without it a rule of level None
 *   applies to requests without, any other to both. `users` and `userGroups` are always the authenticated ones, never
 *   the impersonated, as in the apiserver, where policy is evaluated before impersonation: whoever impersonates a
 *   controller is judged as himself.
 * - `userAgents`: exact, or with a trailing `*`. Its client chooses it, so a rule that drops or cuts must name users,
 *   userGroups or own, too.
 * - `sourceNetworks`: networks or addresses, of which one holds the last of `sourceIPs`: the other end of the connection
 *   (k8s.io/apimachinery/pkg/util/net SourceIPs). Those before it come from headers.
 * - `sample`: the share of the requests that match which is kept, as the rule's level says. All stages of a request are kept, or
 *   none: see `Sample`. The rest is dropped, and counted under `NAME.sample-RATE`, so that the manifest says the rate. As a rule of
 *   level None, it matches no odd event and, unless it says so, no impersonated request.
 * - `own: true`: only requests of a node (a user `system:node:NAME` in the group `system:nodes`, both, as the apiserver's
 *   NodeRestriction asks) about `nodes/NAME`, its lease NAME in `kube-node-lease`, or `csinodes/NAME`. Which node a pod, an
 *   Event or any other object is of cannot be told from an event's head, so these never are a node's own; nor is what is
 *   created, whose name the client chose.
 * - `when`: a condition in CEL about the event (room `cel`). One that cannot be told for an event does not hold for a rule that drops
 *   or cuts, and holds for one that keeps the event whole.
 */
export type { Decision, Explanation, NotHolding } from './decision.ts';
export { PolicyError, type PolicyErrorCode } from './error.ts';
export { type Bodies, decide, parsePolicy, Policy } from './policy.ts';
export { managedFieldsName, requestReceivedName } from './reserved-names.ts';
export { policySchema, type PolicyText } from './schema.ts';
export { defaultPolicy, defaultPolicyFile } from './default.ts';
