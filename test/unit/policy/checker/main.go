// Makes test/kit/fixtures/policy-checker.json.gz (gzip -9n): what the apiserver's own policy code says of random policies and requests.
// Recorded with k8s.io/apiserver v0.37.0; checker.real.test.ts builds it with that and with v0.35.4, and compares.
// With the path of a policy as its parameter it loads that as the apiserver does, and says the omitted stages of each verb.
package main

import (
	"encoding/json"
	"math/rand"
	"os"
	"strings"

	"k8s.io/apiserver/pkg/apis/audit"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/apiserver/pkg/apis/audit/validation"
	config "k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/pkg/audit/policy"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

type request struct {
	User      *string  `json:"user"`
	Groups    []string `json:"groups"`
	Verb      string   `json:"verb"`
	Resource  bool     `json:"isResource"`
	Group     string   `json:"apiGroup"`
	Name      string   `json:"resource"`
	Sub       string   `json:"subresource"`
	Namespace string   `json:"namespace"`
	Object    string   `json:"name"`
	Path      string   `json:"path"`
}

var r = rand.New(rand.NewSource(20261123))

func pick(from []string) string { return from[r.Intn(len(from))] }
func some(p float64, from []string) []string {
	if r.Float64() > p {
		return nil
	}
	out := []string{}
	for i := 0; i <= r.Intn(3); i++ {
		out = append(out, pick(from))
	}
	return out
}

var users = []string{"alice", "system:apiserver", "system:serviceaccount:kube-system:x", ""}
var groups = []string{"system:nodes", "system:masters", "dev", "system:authenticated"}
var verbs = []string{"get", "list", "create", "delete", "", "post"}
var apiGroups = []string{"", "apps", "rbac.authorization.k8s.io"}
var ruleGroups = append([]string{"*"}, apiGroups...)
var levels = []auditv1.Level{auditv1.LevelNone, auditv1.LevelMetadata, auditv1.LevelRequest, auditv1.LevelRequestResponse}
var stages = []string{"RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"}
var resources = []string{"pods", "secrets", "deployments", "*"}
var subs = []string{"", "", "", "log", "exec", "scale", "status"}
var patterns = []string{"pods", "secrets", "deployments", "*", "pods/log", "pods/*", "*/scale", "*/exec", "deployments/scale", "pods/", "*/*", "log", "*/"}
var names = []string{"", "one", "two"}
var spaces = []string{"", "default", "kube-system"}
var paths = []string{"/healthz", "/healthz/etcd", "/healthzz", "/version", "/", "/metrics", "/api/v1/namespaces/default/pods/one", "/a b"}
var urls = []string{"*", "/healthz", "/healthz*", "/healthz/*", "/version", "/", "/*", "/a b", "/api*"}

func rule() auditv1.PolicyRule {
	p := auditv1.PolicyRule{Level: auditv1.LevelMetadata, Users: some(.25, users), UserGroups: some(.25, groups), Verbs: some(.3, verbs)}
	switch r.Intn(4) {
	case 0:
		p.NonResourceURLs = some(1, urls)
	case 1, 2:
		p.Namespaces = some(.3, spaces)
		for i := 0; i <= r.Intn(2); i++ {
			g := auditv1.GroupResources{Group: pick(ruleGroups), Resources: some(.85, patterns)}
			if len(g.Resources) > 0 {
				g.ResourceNames = some(.25, names)
			}
			p.Resources = append(p.Resources, g)
		}
	case 3:
		p.Namespaces = some(.5, spaces)
	}
	return p
}

func req() request {
	q := request{Groups: []string{}, Verb: pick(verbs)}
	if r.Float64() < .9 {
		u := pick(users)
		q.User = &u
		q.Groups = append(q.Groups, some(.7, groups)...)
	}
	if r.Float64() < .75 {
		q.Resource, q.Group, q.Name, q.Sub, q.Namespace, q.Object = true, pick(apiGroups), pick(resources), pick(subs), pick(spaces), pick(names)
		q.Path = "/apis/x"
	} else {
		q.Path = pick(paths)
	}
	return q
}

func internal(p auditv1.Policy) *audit.Policy {
	var out audit.Policy
	// The conversion shares lists with its input, and the evaluator adds stages to them.
	if err := auditv1.Convert_v1_Policy_To_audit_Policy(p.DeepCopy(), &out, nil); err != nil {
		panic(err)
	}
	return &out
}

func attributes(q request) authorizer.Attributes {
	a := authorizer.AttributesRecord{Verb: q.Verb, Namespace: q.Namespace, APIGroup: q.Group, Resource: q.Name, Subresource: q.Sub, Name: q.Object, ResourceRequest: q.Resource, Path: q.Path}
	if q.User != nil {
		a.User = &user.DefaultInfo{Name: *q.User, Groups: q.Groups}
	}
	return a
}

func omit() []auditv1.Stage {
	var out []auditv1.Stage
	for _, s := range some(.3, stages) {
		out = append(out, auditv1.Stage(s))
	}
	return out
}

// Rules of any level, and stages and managed fields that they and the policy omit.
func generated() auditv1.Policy {
	p := auditv1.Policy{OmitStages: omit(), OmitManagedFields: r.Intn(2) == 0}
	for i := 0; i <= r.Intn(5); i++ {
		rl := rule()
		rl.Level, rl.OmitStages = levels[r.Intn(len(levels))], omit()
		if r.Intn(2) == 0 {
			omitted := r.Intn(2) == 0
			rl.OmitManagedFields = &omitted
		}
		p.Rules = append(p.Rules, rl)
	}
	return p
}

// A letter for the level, a small one where managed fields are omitted, and a hexadecimal digit for the omitted stages.
func decision(c config.RequestAuditConfig) string {
	letter := map[audit.Level]string{audit.LevelNone: "N", audit.LevelMetadata: "M", audit.LevelRequest: "Q", audit.LevelRequestResponse: "R"}[c.Level]
	if c.OmitManagedFields {
		letter = strings.ToLower(letter)
	}
	bits := 0
	for i, s := range stages {
		for _, o := range c.OmitStages {
			if string(o) == s {
				bits |= 1 << i
			}
		}
	}
	return letter + "0123456789abcdef"[bits:bits+1]
}

// What the apiserver makes of a policy's file, for a person's requests for each resource.
func load(path string) {
	p, err := policy.LoadPolicyFromFile(path)
	if err != nil {
		panic(err)
	}
	out := map[string][]string{}
	ev := policy.NewPolicyRuleEvaluator(p)
	for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"} {
		for _, res := range []string{"/secrets", "/configmaps", "/pods", "/pods/exec", "/events", "/nodes/status", "apps/deployments", "rbac.authorization.k8s.io/clusterroles", "authentication.k8s.io/tokenreviews", "authorization.k8s.io/selfsubjectaccessreviews"} {
			at := strings.Split(res, "/")
			q := request{Verb: verb, Resource: true, Group: at[0], Name: at[1], Sub: strings.Join(at[2:], ""), Namespace: "prod", Object: "db"}
			name := "alice"
			q.User = &name
			out[verb] = append(out[verb], decision(ev.EvaluatePolicyRule(attributes(q))))
		}
	}
	json.NewEncoder(os.Stdout).Encode(out)
}

func main() {
	if len(os.Args) > 1 {
		load(os.Args[1])
		return
	}
	type check struct {
		Policy auditv1.Policy `json:"policy"`
		Valid  bool           `json:"valid"`
	}
	type decided struct {
		Policy    auditv1.Policy `json:"policy"`
		Decisions string         `json:"decisions"`
	}
	out := struct {
		Rules     []auditv1.PolicyRule `json:"rules"`
		Requests  []request            `json:"requests"`
		Matches   []string             `json:"matches"`
		Generated []decided            `json:"generated"`
		Policies  []check              `json:"policies"`
	}{}
	for i := 0; i < 300; i++ {
		out.Rules = append(out.Rules, rule())
	}
	for i := 0; i < 90; i++ {
		out.Requests = append(out.Requests, req())
	}
	for _, rl := range out.Rules {
		row := ""
		ev := policy.NewPolicyRuleEvaluator(internal(auditv1.Policy{Rules: []auditv1.PolicyRule{rl}}))
		for _, q := range out.Requests {
			if ev.EvaluatePolicyRule(attributes(q)).Level == audit.LevelMetadata {
				row += "1"
			} else {
				row += "0"
			}
		}
		out.Matches = append(out.Matches, row)
	}
	for i := 0; i < 2000; i++ {
		p, row := generated(), ""
		ev := policy.NewPolicyRuleEvaluator(internal(p))
		for _, q := range out.Requests {
			row += decision(ev.EvaluatePolicyRule(attributes(q)))
		}
		out.Generated = append(out.Generated, decided{p, row})
	}
	L := auditv1.LevelNone
	gr := func(g string, res []string, n []string) []auditv1.GroupResources {
		return []auditv1.GroupResources{{Group: g, Resources: res, ResourceNames: n}}
	}
	for _, p := range []auditv1.Policy{
		{Rules: []auditv1.PolicyRule{{Level: L}}},
		{Rules: []auditv1.PolicyRule{{}}},
		{Rules: []auditv1.PolicyRule{{Level: "none"}}},
		{Rules: []auditv1.PolicyRule{{Level: L, NonResourceURLs: []string{"/healthz*"}}}},
		{Rules: []auditv1.PolicyRule{{Level: L, NonResourceURLs: []string{"*"}}}},
		{Rules: []auditv1.PolicyRule{{Level: L, NonResourceURLs: []string{"healthz"}}}},
		{Rules: []auditv1.PolicyRule{{Level: L, NonResourceURLs: []string{"/a*/b"}}}},
		{Rules: []auditv1.PolicyRule{{Level: L, NonResourceURLs: []string{"/**"}}}},
		{Rules: []auditv1.PolicyRule{{Level: L, NonResourceURLs: []string{""}}}},
		{Rules: []auditv1.PolicyRule{{Level: L, NonResourceURLs: []string{"/x"}, Namespaces: []string{"a"}}}},
		{Rules: []auditv1.PolicyRule{{Level: L, NonResourceURLs: []string{"/x"}, Resources: gr("", nil, nil)}}},
		{Rules: []auditv1.PolicyRule{{Level: L, Resources: gr("rbac.authorization.k8s.io/v1", nil, nil)}}},
		{Rules: []auditv1.PolicyRule{{Level: L, Resources: gr("Apps", nil, nil)}}},
		{Rules: []auditv1.PolicyRule{{Level: L, Resources: gr("*", nil, nil)}}},
		{Rules: []auditv1.PolicyRule{{Level: L, Resources: gr("*", []string{"*"}, []string{"a"})}}},
		{Rules: []auditv1.PolicyRule{{Level: L, Resources: gr("*.k8s.io", nil, nil)}}},
		{Rules: []auditv1.PolicyRule{{Level: L, Resources: gr("rbac.authorization.k8s.io", nil, nil)}}},
		{Rules: []auditv1.PolicyRule{{Level: L, Resources: gr("", nil, []string{"a"})}}},
		{Rules: []auditv1.PolicyRule{{Level: L, Resources: gr("", []string{"pods"}, []string{"a"})}}},
		{Rules: []auditv1.PolicyRule{{Level: L, OmitStages: []auditv1.Stage{"RequestReceived"}}}},
		{Rules: []auditv1.PolicyRule{{Level: L, OmitStages: []auditv1.Stage{"Received"}}}},
		{OmitStages: []auditv1.Stage{"Panic"}, Rules: []auditv1.PolicyRule{{Level: L}}},
		{OmitStages: []auditv1.Stage{"panic"}, Rules: []auditv1.PolicyRule{{Level: L}}},
	} {
		out.Policies = append(out.Policies, check{p, len(validation.ValidatePolicy(internal(p))) == 0})
	}
	enc := json.NewEncoder(os.Stdout)
	enc.Encode(out)
}
