#!/bin/bash
# Stands for kindnetd, whose source no registry has, in kind's own DaemonSet: a point-to-point link for each pod, a route
# to the pods of each other node, and the node's address for what leaves the cluster. It enforces no NetworkPolicy.
set -o errexit -o nounset -o pipefail

account=/var/run/secrets/kubernetes.io/serviceaccount
api="https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT"

nodes() {
  curl --silent --show-error --fail --max-time 10 --cacert "$account/ca.crt" \
    --header "Authorization: Bearer $(cat "$account/token")" "$api/api/v1/nodes" \
    | jq -r '.items[] | [(.status.addresses[] | select(.type == "InternalIP").address), .spec.podCIDR] | select(.[1]) | @tsv'
}

configuration() {
  jq -n --arg subnet "$1" '{
    cniVersion: "0.3.1",
    name: "pods",
    plugins: [
      { type: "ptp", ipMasq: false, ipam: { type: "host-local", dataDir: "/run/cni-ipam-state", routes: [{ dst: "0.0.0.0/0" }], ranges: [[{ subnet: $subnet }]] } },
      { type: "portmap", capabilities: { portMappings: true } }
    ]
  }'
}

masquerade=(POSTROUTING -s "$POD_SUBNET" ! -d "$POD_SUBNET" -j MASQUERADE)
while true; do
  if found=$(nodes); then
    while IFS=$'\t' read -r address subnet; do
      if [ "$address" = "$HOST_IP" ]; then
        configuration "$subnet" > /etc/cni/net.d/.10-pods.conflist
        mv /etc/cni/net.d/.10-pods.conflist /etc/cni/net.d/10-pods.conflist
      else
        ip route replace "$subnet" via "$address"
      fi
    done <<< "$found"
    iptables -w -t nat -C "${masquerade[@]}" 2> /dev/null || iptables -w -t nat -A "${masquerade[@]}"
  fi
  sleep 5
done
