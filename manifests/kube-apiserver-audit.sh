#!/bin/sh
# For a kubeadm control plane that audits already: prints the JSON patch that its static pod needs, made of the flags, mounts
# and volumes that are there. Nothing is changed. Where what is there does not fit, it prints a sentence and ends with 1.
#   sudo sh manifests/kube-apiserver-audit.sh [--limit] [STATIC_POD]
# Standard error says where the log is on the node. `[]` means that nothing is missing.
# --limit adds the bounds of kube-apiserver0+json.yaml that are not set. Without them the apiserver keeps every rotated file,
# and with them it deletes the old ones at its next start.
# Needs sh, awk, sed and kubectl; it asks no apiserver.
set -eu

limit=0
if [ "${1:-}" = --limit ]; then limit=1; shift; fi
pod=${1:-/etc/kubernetes/manifests/kube-apiserver.yaml}
# The flags of a cluster that did not audit: the same defaults, written down once.
defaults=$(sed -n 's/^- .*value: \(--audit-[^ }]*\).*/\1/p' "$(dirname "$0")/kube-apiserver0+json.yaml" | tr '\n' ' ')

# A line for each word of the command, mount and volume: kubectl reads the YAML, however it is written.
tab=$(printf '\t')
template="{{range \$i, \$c := .spec.containers}}{{if \$i}}container
{{end}}{{end}}{{with index .spec.containers 0}}{{range .command}}word$tab{{.}}
{{end}}{{range .args}}args$tab{{.}}
{{end}}{{range .volumeMounts}}mount$tab{{.mountPath}}$tab{{.name}}$tab{{with .readOnly}}{{.}}{{end}}$tab{{with .subPath}}{{.}}{{end}}{{with .subPathExpr}}{{.}}{{end}}
{{end}}{{end}}{{range .spec.volumes}}volume$tab{{.name}}$tab{{with .hostPath}}{{.path}}{{end}}
{{end}}"
parts=$(kubectl patch --local --type merge --patch '{}' -f "$pod" -o go-template --template "$template")

printf '%s\n' "$parts" | awk -F '\t' -v defaults="$defaults" -v limit="$limit" -v pod="$pod" '
function refuse(why) {
  print "refused: " pod ": " why > "/dev/stderr"
  refused = 1
  exit 1
}
# A JSON string; a control character was never in a flag that an apiserver took.
function quoted(text) {
  gsub(/\\/, "\\\\", text)
  gsub(/"/, "\\\"", text)
  return "\"" text "\""
}
function add(path, value) {
  patch = patch (patch == "" ? "" : ",\n ") "{\"op\":\"add\",\"path\":\"" path "\",\"value\":" value "}"
}
function add_flag(name) {
  add("/spec/containers/0/command/-", quoted("--" name "=" default_of[name]))
}
function add_volume(name, path, type, readonly) {
  if (name in host_path) refuse("a volume has the name " name " already, and is for something else: rename it")
  add("/spec/containers/0/volumeMounts/-", "{\"name\":" quoted(name) ",\"mountPath\":" quoted(path) (readonly ? ",\"readOnly\":true" : "") "}")
  add("/spec/volumes/-", "{\"name\":" quoted(name) ",\"hostPath\":{\"path\":" quoted(path) ",\"type\":\"" type "\"}}")
}
# The innermost mount that a path lies in; "" for none.
function mount_of(path,   mount, found) {
  found = ""
  for (mount in volume_of)
    if ((path == mount || index(path, mount "/") == 1) && length(mount) > length(found)) found = mount
  return found
}
function node_path(path, mount) {
  return host_path[volume_of[mount]] substr(path, length(mount) + 1)
}

BEGIN {
  n = split(defaults, lines, " ")
  for (i = 1; i <= n; i++) default_of[substr(lines[i], 3, index(lines[i], "=") - 3)] = substr(lines[i], index(lines[i], "=") + 1)
}
$1 == "container" { refuse("it has more than one container, which no kubeadm makes") }
$1 == "args" { refuse("it has `args` beside its `command`, which no kubeadm makes: move them there") }
# The apiserver takes _ for - in the name of a flag.
$1 == "word" && $2 ~ /^--audit[-_]/ {
  at = index($2, "=")
  name = at ? substr($2, 3, at - 3) : substr($2, 3)
  gsub(/_/, "-", name)
  if (name in value_of) refuse("--" name " is there twice: leave the one that you mean")
  if (!at && name !~ /-(enabled|compress)$/) refuse("--" name " has no = behind it: write --" name "=VALUE")
  value_of[name] = at ? substr($2, at + 1) : "true"
}
$1 == "mount" {
  sub(/\/+$/, "", $2)
  volume_of[$2] = $3
  is_readonly[$2] = ($4 == "true")
  has_part[$2] = ($5 != "")
}
$1 == "volume" {
  sub(/\/+$/, "", $3)
  host_path[$2] = $3
}

END {
  if (refused) exit 1
  any = 0
  for (name in value_of) any = 1
  if (!any) refuse("its command has no --audit flag: follow the commands for a cluster without an audit log")

  log_flag = "audit-log-path"
  if (!(log_flag in value_of)) {
    add_flag(log_flag)
    log_path = default_of[log_flag]
  } else log_path = value_of[log_flag]
  if (log_path == "-") refuse("--audit-log-path=- writes to standard output: auditseal reads a file, give the path of one")
  if (log_path !~ /^\/.*[^\/]$/ || log_path ~ /\/\.?\.?\//) refuse("--audit-log-path=" log_path " is no absolute path of a file")
  format = "audit-log-format"
  if (format in value_of && value_of[format] != "json")
    refuse("--audit-log-format=" value_of[format] ": auditseal reads json, the default")

  folder = log_path
  sub(/\/[^\/]*$/, "", folder)
  if (folder == "") refuse("--audit-log-path=" log_path " has no folder of its own, and the root of a node cannot be mounted")
  mount = mount_of(log_path)
  on_node = log_path
  if (mount == "") add_volume("audit-log", folder, "DirectoryOrCreate", 0)
  else {
    if (mount == log_path) refuse("the mount " mount " is the log file: mount its folder, since rotation renames the file")
    if (is_readonly[mount]) refuse("the mount " mount " is read-only: the apiserver cannot write its log")
    if (has_part[mount]) refuse("the mount " mount " has a subPath: mount the folder itself")
    if (host_path[volume_of[mount]] == "") refuse("the volume " volume_of[mount] " of the log is no hostPath: no agent on the node can read it")
    on_node = node_path(log_path, mount)
  }

  policy_flag = "audit-policy-file"
  if (!(policy_flag in value_of)) {
    policy = default_of[policy_flag]
    if (mount_of(policy) == "") {
      add_volume("audit-policy", policy, "File", 1)
      policy_on_node = policy
    } else policy_on_node = node_path(policy, mount_of(policy))
    if ((getline line < policy_on_node) < 0)
      refuse("there is no --audit-policy-file, without which nothing is written: sudo cp manifests/audit-policy.yaml " policy_on_node)
    add_flag(policy_flag)
  } else if (mount_of(value_of[policy_flag]) == "") refuse("--audit-policy-file=" value_of[policy_flag] " is in no mount")

  for (i = 1; i <= n; i++) {
    name = substr(lines[i], 3, index(lines[i], "=") - 3)
    if (name !~ /^audit-log-max/ || name in value_of) continue
    # A file of another size is no reason to delete one.
    if (limit || !(log_flag in value_of)) add_flag(name)
    else if (name != "audit-log-maxsize") kept = kept " --" name
  }
  print "the log on this node: " on_node > "/dev/stderr"
  if (kept != "") print "not set:" kept ": rotated files are kept for ever, or until you delete them (--limit adds the bounds)" > "/dev/stderr"
  if (patch == "") print "nothing is missing: the static pod can stay as it is" > "/dev/stderr"
  print "[" patch "]"
}'
