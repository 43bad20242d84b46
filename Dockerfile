# Both bases are pinned by digest. The digests are those that public Dockerfiles name for these tags;
# no registry was in reach to pull or check them. Under these names a digest can only be what Docker's and Google's own
# publishers pushed. Check, or take newer ones: docs/release.md.
ARG NODE_BUILD=docker.io/library/node:26.10.0-trixie-slim@sha256:ec7758ee051e457b468b32bde57b0879010b325bb9862718e9615225ce4aaae1
ARG NODE_RUN=gcr.io/distroless/nodejs26-debian13:nonroot@sha256:afc6657a4b662f9cb69ca892b0596e55d6ef81a10e83ee8887b13f602877df89

# What is built is plain JavaScript, the same for every platform.
FROM --platform=$BUILDPLATFORM ${NODE_BUILD} AS build
WORKDIR /src
COPY package.json package-lock.json ./
# The bundler is an optional package of each platform; so is a Node that is not needed here, and stays in this stage.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY LICENSE README.md ./
COPY build ./build
COPY agent ./agent
RUN npm run build

FROM ${NODE_RUN}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="auditseal" \
      org.opencontainers.image.description="Ships Kubernetes audit logs to Elasticsearch and proves that nothing was changed, removed or added" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      auditseal.sbom="/opt/auditseal/auditseal.cdx.json"
COPY --from=build /src/dist /opt/auditseal
# For kubectl exec: `auditseal status`.
COPY build/image/auditseal /usr/local/bin/auditseal
# Any uid may run it. kube-apiserver writes audit.log as root with mode 0600, which only root can read: the DaemonSet then
# sets runAsUser 0 and drops all capabilities. Nothing is written but the state folder, so the root may be read-only.
USER 65532:65532
# Distroless sets SSL_CERT_FILE. It has no effect here, and the agent would say so at each start as if somebody had set it.
ENV NODE_ENV=production SSL_CERT_FILE=
WORKDIR /opt/auditseal
VOLUME ["/var/lib/auditseal"]
EXPOSE 9616
ENTRYPOINT ["/nodejs/bin/node", "/opt/auditseal/auditseal.js"]
CMD ["run", "--config", "/etc/auditseal/auditseal.yaml"]
