# syntax=docker/dockerfile:1
# The bases are pinned by tag, not yet by digest: pin both with `docker buildx imagetools inspect` where a registry can be reached.
ARG NODE_BUILD=node:26.10.0-bookworm-slim
ARG NODE_RUN=gcr.io/distroless/nodejs26-debian12

FROM ${NODE_BUILD} AS dependencies
WORKDIR /opt/auditseal
COPY package.json package-lock.json ./
# Scripts of dependencies are not run; Node comes with the base, so the per-platform packages of it are left out.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM ${NODE_RUN}
LABEL org.opencontainers.image.title="auditseal" \
      org.opencontainers.image.description="Ships Kubernetes audit logs to Elasticsearch and proves that nothing was changed, removed or added" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /opt/auditseal
COPY --from=dependencies /opt/auditseal/node_modules ./node_modules
COPY package.json LICENSE ./
COPY agent ./agent
# Any uid may run it. kube-apiserver writes audit.log as root with mode 0600, which only root can read: the DaemonSet then
# sets runAsUser 0 and drops all capabilities. Nothing is written but the state folder, so the root may be read-only.
USER 65532:65532
ENV NODE_ENV=production
VOLUME ["/var/lib/auditseal"]
EXPOSE 9616
ENTRYPOINT ["/nodejs/bin/node", "agent/cli/main.ts"]
CMD ["run", "--config", "/etc/auditseal/auditseal.yaml"]
