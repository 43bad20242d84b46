{{/*
Ends with a sentence for each value that the agent would refuse at its start, or that would do harm without a word. Every template begins
with it, since Helm renders them in any order.
*/}}
{{- define "auditseal.refuse" -}}
{{- $problems := list -}}
{{- range list "missing" "image" "sources" "elasticsearch" "notifications" "policy" "units" "pod" -}}
{{- $problems = concat $problems (include (printf "auditseal.problems.%s" .) $ | fromJsonArray) -}}
{{- end -}}
{{- if $problems -}}
{{- fail (printf "\n  %s" (join "\n  " $problems)) -}}
{{- end -}}
{{- end -}}

{{- define "auditseal.problems.missing" -}}
{{- $found := list -}}
{{- with .Values -}}
{{- if not .cluster -}}
{{- $found = append $found "cluster is not set: the first part of every log's name, one that no other cluster has: --set cluster=prod" -}}
{{- end -}}
{{- if not .image.repository -}}
{{- $found = append $found "image.repository is not set: no image has been published; build it from the Dockerfile, push it to a registry of yours and name it: --set image.repository=registry.example/auditseal" -}}
{{- end -}}
{{- if and .elasticsearch.url .elasticsearch.urls -}}
{{- $found = append $found "elasticsearch.url and elasticsearch.urls are both set: set one" -}}
{{- else if not (or .elasticsearch.url .elasticsearch.urls) -}}
{{- $found = append $found "elasticsearch.url is not set: --set elasticsearch.url=https://elasticsearch.example:9200" -}}
{{- end -}}
{{- if not .elasticsearch.existingSecret -}}
{{- $found = append $found "elasticsearch.existingSecret is not set: the name of a Secret of this namespace with the API key" -}}
{{- end -}}
{{- if and .setup.enabled (not .setup.existingSecret) -}}
{{- $found = append $found "setup.existingSecret is not set: the name of a Secret with an administrator's API key" -}}
{{- end -}}
{{- if .verify.enabled -}}
{{- if not .verify.existingSecret -}}
{{- $found = append $found "verify.existingSecret is not set: the name of a Secret with an API key that may only read (auditseal setup --with-lookup-key)" -}}
{{- end -}}
{{- if and .verify.trustConfigMap .verify.trustSecret -}}
{{- $found = append $found "verify.trustConfigMap and verify.trustSecret are both set: set one" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{- define "auditseal.problems.image" -}}
{{- $found := list -}}
{{- $repository := .Values.image.repository -}}
{{- if or (contains "@" $repository) (regexMatch ":[^/]*$" $repository) -}}
{{- $found = append $found (printf "image.repository holds a tag or a digest (%s): put it into image.tag or image.digest" $repository) -}}
{{- else if contains "://" $repository -}}
{{- $found = append $found (printf "image.repository is a URL (%s): leave out what stands before the name of the registry" $repository) -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{- define "auditseal.problems.sources" -}}
{{- $found := list -}}
{{- $names := list -}}
{{- $paths := list -}}
{{- range $i, $source := .Values.sources -}}
{{- if has $source.name $names -}}
{{- $found = append $found (printf "sources[%d].name is used twice: %s" $i $source.name) -}}
{{- end -}}
{{- $names = append $names $source.name -}}
{{- $path := $source.path -}}
{{- if has (clean $path) $paths -}}
{{- $found = append $found (printf "sources[%d].path is used twice: %s: every event would be there twice" $i $path) -}}
{{- end -}}
{{- $paths = append $paths (clean $path) -}}
{{- $problem := "" -}}
{{- /* As agent/config/log-path.ts has it. */ -}}
{{- if regexMatch "[*?\\[\\]]" $path -}}
{{- $problem = "is a pattern, and must be the path of one file: rotated backups are found beside it" -}}
{{- else if hasSuffix "/" $path -}}
{{- $problem = "is a folder, and must be the path of the live file in it" -}}
{{- else if and (regexMatch "^/(dev|proc)/" (clean $path)) (not (hasPrefix "/dev/shm/" (clean $path))) -}}
{{- $problem = "is no file that stays: let the apiserver write one (--audit-log-path)" -}}
{{- else if hasSuffix ".gz" $path -}}
{{- $problem = "is compressed, and must be the path of the live file: its .gz backups are found beside it" -}}
{{- else if eq (dir $path) "/" -}}
{{- $problem = "lies in /, and the chart mounts the folder of a log: let the apiserver write it into one of its own" -}}
{{- end -}}
{{- if $problem -}}
{{- $found = append $found (printf "sources[%d].path %s: %s" $i $problem $path) -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* As agent/config/schema.ts has it of keys that do not go together. */}}
{{- define "auditseal.problems.elasticsearch" -}}
{{- $found := list -}}
{{- $es := .Values.config.elasticsearch | default dict -}}
{{- $urls := include "auditseal.urls" . | fromJsonArray -}}
{{- if and .Values.elasticsearch.caSecret $es.caFingerprint -}}
{{- $found = append $found "elasticsearch.caSecret and config.elasticsearch.caFingerprint are both set: one of them says whom to trust" -}}
{{- end -}}
{{- if not $es.allowPlaintext -}}
{{- range $urls -}}
{{- if and (hasPrefix "http:" (lower .)) (not (regexMatch "^http://(localhost|127([.][0-9]+){3}|\\[::1\\])(:|/|$)" (lower .))) -}}
{{- $found = append $found (printf "elasticsearch.url would be sent the key, and every event, in plain text: use https in place of %s, or --set config.elasticsearch.allowPlaintext=true where nobody can listen" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $trusting := ternary "elasticsearch.caSecret" (ternary "config.elasticsearch.caFingerprint" "" (not (empty $es.caFingerprint))) (not (empty .Values.elasticsearch.caSecret)) -}}
{{- if $trusting -}}
{{- range $urls -}}
{{- if not (hasPrefix "https:" (lower .)) -}}
{{- $found = append $found (printf "%s needs URLs that begin with https: %s" $trusting .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if ne (empty $es.proxyUsername) (empty $es.proxyPasswordFile) -}}
{{- $found = append $found "config.elasticsearch.proxyUsername and proxyPasswordFile go together: set both or none" -}}
{{- end -}}
{{- if and $es.proxyUsername (not $es.proxy) -}}
{{- $found = append $found "config.elasticsearch.proxyUsername goes with proxy, which is not set" -}}
{{- end -}}
{{- $events := ternary $es.retentionDays 400 (hasKey $es "retentionDays") | int -}}
{{- $records := ternary $es.recordRetentionDays 36500 (hasKey $es "recordRetentionDays") | int -}}
{{- if lt $records $events -}}
{{- $found = append $found (printf "config.elasticsearch.recordRetentionDays (%d) is below retentionDays (%d): events without their records prove nothing" $records $events) -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* As agent/config/notifications.ts has it of keys that do not go together. */}}
{{- define "auditseal.problems.notifications" -}}
{{- $found := list -}}
{{- $names := list -}}
{{- range $i, $endpoint := (.Values.notifications | default dict).endpoints -}}
{{- $at := printf "notifications.endpoints[%d]" $i -}}
{{- if has .name $names -}}
{{- $found = append $found (printf "%s.name is used twice: %s" $at .name) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- if eq .type "slack" -}}
{{- if or .url (not .urlFile) -}}
{{- $found = append $found (printf "%s.urlFile is required, and no url: whoever knows it can write to the channel" $at) -}}
{{- end -}}
{{- else if and (ne .type "pagerduty") (eq (empty .url) (empty .urlFile)) -}}
{{- $found = append $found (printf "%s.url or urlFile is required, and not both" $at) -}}
{{- end -}}
{{- if and (eq .type "webhook") (not .keyFile) -}}
{{- $found = append $found (printf "%s.keyFile is required: the file with the key that deliveries are signed by" $at) -}}
{{- end -}}
{{- if and (eq .type "pagerduty") (not .routingKeyFile) -}}
{{- $found = append $found (printf "%s.routingKeyFile is required: the file with the integration key" $at) -}}
{{- end -}}
{{- if and (hasPrefix "http:" (lower (default "" .url))) (not .allowPrivateAddresses) -}}
{{- $found = append $found (printf "%s.url would send alerts in plain text: use https, or, for a receiver in the cluster, set allowPrivateAddresses: true" $at) -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{- define "auditseal.problems.policy" -}}
{{- $found := list -}}
{{- with .Values.policy -}}
{{- $policy := fromYaml . -}}
{{- if and $policy.Error (not $policy.kind) -}}
{{- $found = append $found (printf "policy is not YAML that can be read: %s" $policy.Error) -}}
{{- else -}}
{{- $schema := $.Files.Get "files/policy.schema.json" | fromJson -}}
{{- $found = include "auditseal.invalid" (dict "at" "policy" "value" $policy "schema" $schema) | fromJsonArray -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{- define "auditseal.problems.pod" -}}
{{- $found := list -}}
{{- $grace := include "auditseal.graceSecondsMin" . | int -}}
{{- $given := .Values.terminationGracePeriodSeconds -}}
{{- if and (not (kindIs "invalid" $given)) (lt (int $given) $grace) -}}
{{- $found = append $found (printf "terminationGracePeriodSeconds is %d, and the agent needs %d: config.shutdownSeconds, and 10 to close its state" (int $given) $grace) -}}
{{- end -}}
{{- $limit := ((.Values.resources | default dict).limits | default dict).memory | toString -}}
{{- if and $limit (ne $limit "<nil>") -}}
{{- $bytes := include "auditseal.bytes" $limit -}}
{{- $needed := include "auditseal.memoryBytesMax" . | int64 -}}
{{- if not $bytes -}}
{{- $found = append $found (printf "resources.limits.memory is no quantity: %s" $limit) -}}
{{- else if lt (int64 $bytes) $needed -}}
{{- $found = append $found (printf "resources.limits.memory is %s, and %d source(s) with these limits need %dMi (docs/operations.md, Memory)" $limit (len .Values.sources) (div (add $needed 1048575) 1048576)) -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* Sizes and times with a unit, whose bounds no JSON schema can say. */}}
{{- define "auditseal.problems.units" -}}
{{- $found := list -}}
{{- $config := .Values.config -}}
{{- range $path, $key := .Files.Get "files/units.json" | fromJson -}}
{{- $value := $config -}}
{{- range splitList "." $path -}}
{{- $value = ternary (get ($value | default dict) .) nil (kindIs "map" ($value | default dict)) -}}
{{- end -}}
{{- if and $value (kindIs "string" $value) -}}
{{- $number := include "auditseal.count" (list $value $key.unit) -}}
{{- if not $number -}}
{{- $found = append $found (printf "config.%s is no number of %s: %s" $path $key.unit $value) -}}
{{- else -}}
{{- $count := float64 $number -}}
{{- $isLow := or (and (hasKey $key "minimum") (lt $count (float64 $key.minimum))) (and (hasKey $key "exclusiveMinimum") (le $count (float64 $key.exclusiveMinimum))) -}}
{{- $isHigh := and (hasKey $key "maximum") (gt $count (float64 $key.maximum)) -}}
{{- $isPart := and (eq $key.type "integer") (ne (toString (floor $count)) (toString $count)) -}}
{{- if or $isLow $isHigh $isPart -}}
{{- $found = append $found (printf "config.%s is %s, which is not allowed: %v %s" $path $value $count $key.unit) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* A key of config as a number of what it counts. Takes a list: the root, the key, its default. */}}
{{- define "auditseal.setting" -}}
{{- $config := (index . 0).Values.config -}}
{{- $key := index . 1 -}}
{{- if not (hasKey $config $key) -}}{{- index . 2 -}}
{{- else if kindIs "string" (get $config $key) -}}{{- include "auditseal.count" (list (get $config $key) (ternary "bytes" "seconds" (contains "Bytes" $key))) -}}
{{- else -}}{{- get $config $key | float64 -}}
{{- end -}}
{{- end -}}

{{/* The number that a size as 512Mi or a time as 1h30m is, of a unit; nothing if it is none. Takes a list: the text, the unit. */}}
{{- define "auditseal.count" -}}
{{- $text := index . 0 -}}
{{- $unit := index . 1 -}}
{{- if eq $unit "bytes" -}}
{{- if regexMatch "^[0-9]{1,15}([.][0-9]{1,3})?(k|M|G|T|Ki|Mi|Gi|Ti)$" $text -}}{{- include "auditseal.bytes" $text -}}{{- end -}}
{{- else if regexMatch "^([0-9]{1,9}([.][0-9]{1,3})?(ms|s|m|h|d)){1,5}$" $text -}}
{{- $milliseconds := dict "ms" 1.0 "s" 1000.0 "m" 60000.0 "h" 3600000.0 "d" 86400000.0 -}}
{{- $total := 0.0 -}}
{{- range regexFindAll "[0-9.]+(ms|s|m|h|d)" $text -1 -}}
{{- $total = addf $total (mulf (regexFind "^[0-9.]+" . | float64) (get $milliseconds (regexFind "[a-z]+$" .))) -}}
{{- end -}}
{{- divf $total (get (dict "milliseconds" 1.0 "seconds" 1000.0 "minutes" 60000.0 "days" 86400000.0) $unit) -}}
{{- end -}}
{{- end -}}

{{/* The most bytes that the agent needs resident: docs/operations.md, "Memory", line for line. */}}
{{- define "auditseal.memoryBytesMax" -}}
{{- $mebibyte := 1048576 -}}
{{- $batch := include "auditseal.setting" (list . "batchBytesMax" (mul 4 $mebibyte)) | float64 | int64 -}}
{{- $entry := include "auditseal.setting" (list . "entryBytesMax" (mul 8 $mebibyte)) | float64 | int64 -}}
{{- $batches := mul 2 (add $batch $entry) -}}
{{- $uncommitted := mul 2 (add (mul 16 $mebibyte) $batch) -}}
{{- $reading := add (div (mul 3 (add $entry $mebibyte)) 2) (mul 2 $mebibyte) -}}
{{- $longLine := mul 4 $entry -}}
{{- $shipping := mul 2 (add $batch $entry) -}}
{{- add (mul 192 $mebibyte) (mul (len .Values.sources) (add $batches $uncommitted $reading $longLine $shipping)) -}}
{{- end -}}

{{/* Bytes of a quantity (k8s.io/apimachinery/pkg/api/resource), rounded down; nothing if it is none. */}}
{{- define "auditseal.bytes" -}}
{{- $form := "^([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?(m|k|[KMGTPE]i|[MGTPE])?$" -}}
{{- if regexMatch $form . -}}
{{- $number := regexReplaceAll $form . "${1}${2}" | float64 -}}
{{- $unit := get (dict "" 1.0 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "Pi" 1125899906842624.0 "Ei" 1152921504606846976.0) (regexReplaceAll $form . "${3}") -}}
{{- mulf $number $unit | floor | int64 -}}
{{- end -}}
{{- end -}}
