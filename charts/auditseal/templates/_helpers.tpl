{{- define "auditseal.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "auditseal.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (include "auditseal.name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "auditseal.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "auditseal.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{/* Of the CronJob that verifies often: Kubernetes appends eleven characters to 52, and one is called …-whole. */}}
{{- define "auditseal.verifyName" -}}
{{- include "auditseal.fullname" . | trunc 39 | trimSuffix "-" -}}-verify
{{- end -}}

{{- define "auditseal.selectorLabels" -}}
app.kubernetes.io/name: {{ include "auditseal.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "auditseal.labels" -}}
{{ include "auditseal.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "auditseal.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "auditseal.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "auditseal.image" -}}
{{- $registry := (.Values.global | default dict).imageRegistry | default .Values.image.registry -}}
{{- $name := ternary (printf "%s/%s" $registry .Values.image.repository) .Values.image.repository (not (empty $registry)) -}}
{{- if .Values.image.digest -}}
{{ $name }}@{{ .Values.image.digest }}
{{- else -}}
{{ $name }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "auditseal.urls" -}}
{{- $urls := .Values.elasticsearch.urls | default list -}}
{{- with .Values.elasticsearch.url -}}{{- $urls = list . -}}{{- end -}}
{{- toJson $urls -}}
{{- end -}}

{{/* How a pod finds names, of all that connect to Elasticsearch or Kibana. */}}
{{- define "auditseal.resolution" -}}
{{- with .Values.dnsPolicy }}
dnsPolicy: {{ . }}
{{- end }}
{{- with .Values.dnsConfig }}
dnsConfig: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.hostAliases }}
hostAliases: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Seconds: sealing and shipping what was read (the agent's shutdownSeconds), and 10 to close the state. */}}
{{- define "auditseal.graceSecondsMin" -}}
{{- add (include "auditseal.setting" (list . "shutdownSeconds" 20) | float64 | ceil | int) 10 -}}
{{- end -}}

{{/* The annotation of an alert that leads to its section of docs/operations.md. Takes a list: the root, the section. */}}
{{- define "auditseal.runbook" -}}
{{- $base := (index . 0).Values.metrics.prometheusRule.runbookUrlBase -}}
{{- ternary (printf "runbook_url: %s#%s" $base (index . 1)) (printf "runbook: docs/operations.md#%s" (index . 1)) (not (empty $base)) -}}
{{- end -}}

{{/* For what runs beside the agents and reads nothing of the node: the image's own uid, and nothing else. */}}
{{- define "auditseal.unprivileged" -}}
runAsNonRoot: true
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* auditseal.yaml: what the values make of it, with `config` over it. */}}
{{- define "auditseal.config" -}}
{{- $es := dict "urls" (include "auditseal.urls" . | fromJsonArray) "namespace" .Values.elasticsearch.namespace "apiKeyFile" "/etc/auditseal/elasticsearch/api-key" -}}
{{- if .Values.elasticsearch.lookupApiKeyKey -}}{{- $_ := set $es "lookupApiKeyFile" "/etc/auditseal/elasticsearch/lookup-api-key" -}}{{- end -}}
{{- if .Values.setup.enabled -}}{{- $_ := set $es "installTemplates" false -}}{{- end -}}
{{- if .Values.elasticsearch.caSecret -}}{{- $_ := set $es "caFile" "/etc/auditseal/ca/ca.crt" -}}{{- end -}}
{{- $config := dict "cluster" .Values.cluster "stateDir" .Values.stateDir "sources" .Values.sources "elasticsearch" $es "http" (dict "host" "0.0.0.0" "port" .Values.metrics.port) -}}
{{- if (.Values.pseudonyms | default dict).existingSecret -}}{{- $_ := set $config "pseudonyms" (dict "keyFile" "/etc/auditseal/pseudonyms/pseudonym-key") -}}{{- end -}}
{{- with (.Values.notifications | default dict).endpoints -}}{{- $_ := set $config "notifications" (dict "endpoints" .) -}}{{- end -}}
{{- if .Values.policy -}}{{- $_ := set $config "policyFile" "/etc/auditseal/policy.yaml" -}}{{- end -}}
{{- $detection := dict "ownNamespace" .Release.Namespace -}}
{{- if .Values.rules -}}{{- $_ := set $detection "rulesFile" "/etc/auditseal/rules/rules.yaml" -}}{{- end -}}
{{- $_ := set $config "detection" $detection -}}
{{- $look := .Values.drift | default dict -}}
{{- $drift := dict -}}
{{- with $look.apiserverPath -}}{{- $_ := set $drift "apiserverPath" . -}}{{- end -}}
{{- with $look.auditPolicyFile -}}{{- $_ := set $drift "auditPolicyFile" . -}}{{- end -}}
{{- if $look.api -}}{{- $_ := set $drift "apiserver" dict -}}{{- end -}}
{{- if $look.proc -}}{{- $_ := set $drift "proc" true -}}{{- end -}}
{{- if $drift -}}{{- $_ := set $config "drift" $drift -}}{{- end -}}
{{- toYaml (mergeOverwrite $config (deepCopy .Values.config)) -}}
{{- end -}}

{{/* Where notifications are sent to, as a JSON array: of a URL in a file nobody knows here, and it is https. */}}
{{- define "auditseal.notificationPorts" -}}
{{- $ports := list -}}
{{- range (.Values.notifications | default dict).endpoints -}}
{{- $parts := urlParse (.proxy | default .url | default "https://receiver") -}}
{{- $port := regexFind ":[0-9]+$" $parts.host | trimPrefix ":" -}}
{{- $ports = append $ports (int (default (ternary "80" "443" (eq $parts.scheme "http")) $port)) -}}
{{- end -}}
{{- if $ports -}}{{- $ports = default $ports .Values.networkPolicy.notificationPorts -}}{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}

{{/* The folders of all sources, each once, as a JSON array. */}}
{{- define "auditseal.folders" -}}
{{- $folders := list -}}
{{- range .Values.sources -}}{{- $folders = append $folders (dir .path) -}}{{- end -}}
{{- $folders | uniq | toJson -}}
{{- end -}}

{{/* Where the agent connects to: the ports of the proxy, else of the URLs, as a JSON array. */}}
{{- define "auditseal.ports" -}}
{{- $urls := include "auditseal.urls" . | fromJsonArray -}}
{{- with (.Values.config.elasticsearch | default dict).proxy -}}{{- $urls = list . -}}{{- end -}}
{{- $ports := list -}}
{{- range $urls -}}
{{- $parts := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $parts.host | trimPrefix ":" -}}
{{- $ports = append $ports (int (default (ternary "80" "443" (eq $parts.scheme "http")) $port)) -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}

{{/* The peers of a network policy where every URL (or the proxy's) is an IPv4 address, as a JSON array: of a name nobody knows here where it leads. */}}
{{- define "auditseal.addresses" -}}
{{- $urls := include "auditseal.urls" . | fromJsonArray -}}
{{- with (.Values.config.elasticsearch | default dict).proxy -}}{{- $urls = list . -}}{{- end -}}
{{- $peers := list -}}
{{- $isKnown := true -}}
{{- range $urls -}}
{{- $host := (urlParse .).host | regexFind "^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+" -}}
{{- if and $host (regexMatch "^[0-9.]+(:[0-9]+)?$" (urlParse .).host) -}}
{{- $peers = append $peers (dict "ipBlock" (dict "cidr" (printf "%s/32" $host))) -}}
{{- else -}}
{{- $isKnown = false -}}
{{- end -}}
{{- end -}}
{{- ternary $peers list $isKnown | uniq | toJson -}}
{{- end -}}

{{/* The rules of a network policy that let out DNS, Elasticsearch and what else was asked for. */}}
{{- define "auditseal.egress" -}}
{{- /* A rule with an empty list of ports would let out everything. */}}
{{- with ternary .Values.networkPolicy.dnsPorts (list 53) (hasKey .Values.networkPolicy "dnsPorts") -}}
- ports:
    {{- range . }}
    - { port: {{ int . }}, protocol: UDP }
    - { port: {{ int . }}, protocol: TCP }
    {{- end }}
{{ end -}}
- ports:
    {{- range default (include "auditseal.ports" . | fromJsonArray) .Values.networkPolicy.elasticsearchPorts }}
    - { port: {{ int . }}, protocol: TCP }
    {{- end }}
  {{- with default (include "auditseal.addresses" . | fromJsonArray) .Values.networkPolicy.elasticsearchPeers }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- if (.Values.drift | default dict).api }}
- ports:
    - { port: 6443, protocol: TCP }
{{- end }}
{{- with .Values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end -}}
