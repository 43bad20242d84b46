{{/*
What is wrong with a value by a JSON schema, a sentence each, as a JSON array. Takes `at` (its path), `value` and `schema`; of the keywords
those that `z.toJSONSchema` writes for a policy.
*/}}
{{- define "auditseal.invalid" -}}
{{- $found := list -}}
{{- $at := .at -}}
{{- $value := .value -}}
{{- $schema := .schema -}}
{{- $kind := get (dict "map" "object" "slice" "array" "string" "string" "bool" "boolean" "float64" "number" "int" "number" "int64" "number" "invalid" "null") (kindOf $value) -}}
{{- $wanted := $schema.type | default "" -}}
{{- /* Helm reads YAML 1.1, where a namespace `on` is true; of the agent, which reads 1.2, it is a text. */ -}}
{{- $fits := or (not $wanted) (eq $wanted $kind) (and (eq $wanted "integer") (eq $kind "number")) (and (eq $wanted "string") (eq $kind "boolean")) -}}
{{- if not $fits -}}
{{- $found = append $found (printf "%s is %s, and must be %s" $at (ternary "nothing" $kind (eq $kind "null")) $wanted) -}}
{{- else if hasKey $schema "anyOf" -}}
{{- $any := false -}}
{{- range $schema.anyOf -}}
{{- if not (include "auditseal.invalid" (dict "at" $at "value" $value "schema" .) | fromJsonArray) -}}{{- $any = true -}}{{- end -}}
{{- end -}}
{{- if not $any -}}{{- $found = append $found (printf "%s is not allowed: %s" $at (toJson $value)) -}}{{- end -}}
{{- else -}}
{{- with $schema.enum -}}
{{- if not (has $value .) -}}{{- $found = append $found (printf "%s is %s, and must be one of %s" $at (toJson $value) (join ", " .)) -}}{{- end -}}
{{- end -}}
{{- if hasKey $schema "const" -}}
{{- if ne (toJson $value) (toJson $schema.const) -}}{{- $found = append $found (printf "%s is %s, and must be %s" $at (toJson $value) (toJson $schema.const)) -}}{{- end -}}
{{- end -}}
{{- if eq $kind "string" -}}
{{- if and $schema.pattern (not (regexMatch $schema.pattern $value)) -}}{{- $found = append $found (printf "%s is not allowed: %s" $at $value) -}}{{- end -}}
{{- if and $schema.maxLength (gt (len $value) (int $schema.maxLength)) -}}{{- $found = append $found (printf "%s has more than %d characters" $at (int $schema.maxLength)) -}}{{- end -}}
{{- else if eq $kind "number" -}}
{{- if or (and (eq $wanted "integer") (ne (toString (floor $value)) (toString (float64 $value)))) (and (hasKey $schema "minimum") (lt (float64 $value) (float64 $schema.minimum))) (and (hasKey $schema "maximum") (gt (float64 $value) (float64 $schema.maximum))) -}}
{{- $found = append $found (printf "%s is not allowed: %s" $at (toJson $value)) -}}
{{- end -}}
{{- else if eq $kind "array" -}}
{{- if lt (len $value) (int ($schema.minItems | default 0)) -}}{{- $found = append $found (printf "%s is empty" $at) -}}{{- end -}}
{{- range $i, $item := $value -}}
{{- if $schema.items -}}{{- $found = concat $found (include "auditseal.invalid" (dict "at" (printf "%s[%d]" $at $i) "value" $item "schema" $schema.items) | fromJsonArray) -}}{{- end -}}
{{- end -}}
{{- else if eq $kind "object" -}}
{{- $properties := $schema.properties | default dict -}}
{{- range $schema.required -}}
{{- if not (hasKey $value .) -}}{{- $found = append $found (printf "%s.%s is missing" $at .) -}}{{- end -}}
{{- end -}}
{{- range $key, $item := $value -}}
{{- if hasKey $properties $key -}}
{{- $found = concat $found (include "auditseal.invalid" (dict "at" (printf "%s.%s" $at $key) "value" $item "schema" (get $properties $key)) | fromJsonArray) -}}
{{- else if eq (toJson $schema.additionalProperties) "false" -}}
{{- $found = append $found (printf "%s.%s is not a key of an audit policy" $at $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}
