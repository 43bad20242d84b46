# kindest/base as kind's own images/base/Dockerfile makes it, of Debian's packages alone: `files` is that folder's, `localhost/node-debian`
# has the packages, `containerd` is built of the version that kind takes. runc and the CNI plugins are Debian's; there is no crictl, no NFS, no
# iSCSI and no fuse-overlayfs.
FROM localhost/node-debian
COPY files/ /
COPY containerd/ /usr/local/bin/
RUN chmod -R u=rwX,go=rX /kind /LICENSES /etc/containerd /etc/systemd /etc/sysctl.d /etc/default /etc/crictl.yaml \
    && chmod 755 /kind/bin/*.sh /usr/local/bin/* \
    && find /lib/systemd/system/sysinit.target.wants/ -name systemd-tmpfiles-setup.service -delete \
    && rm -f /lib/systemd/system/multi-user.target.wants/* /etc/systemd/system/*.wants/* \
        /lib/systemd/system/local-fs.target.wants/* /lib/systemd/system/sockets.target.wants/*udev* \
        /lib/systemd/system/sockets.target.wants/*initctl* /lib/systemd/system/basic.target.wants/* \
    && echo ReadKMsg=no >> /etc/systemd/journald.conf \
    && ln -sf /usr/lib/systemd/systemd /sbin/init \
    && ln -s /usr/sbin/runc /usr/local/sbin/runc \
    && systemctl enable kubelet.service containerd.service undo-mount-hacks.service \
    && systemctl mask systemd-binfmt.service \
    && mkdir -p /etc/kubernetes/manifests /opt/cni/bin \
    && cp /usr/lib/cni/host-local /usr/lib/cni/loopback /usr/lib/cni/ptp /usr/lib/cni/portmap /opt/cni/bin/ \
    && ctr oci spec \
        | jq '.hooks.createContainer += [{"path": "/kind/bin/mount-product-files.sh"}] | del(.process.rlimits)' \
        > /etc/containerd/cri-base.json
ENV container=docker
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]
