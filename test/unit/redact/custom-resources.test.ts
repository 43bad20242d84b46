import { expect, test } from 'vitest';
import { parseEvent } from '../../../agent/event/index.ts';
import { Redactor } from '../../../agent/redact/index.ts';

/**
 * Objects that carry credentials in line, in the shape that each project documents. `S3CR3T-n` is what must not leave the
 * node, `keep-x` what must stay readable.
 */
const redactor = new Redactor({ wholeEnvironment: false });
const secret = (number: number) => `S3CR3T-${number}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

interface Case {
  kind: string;
  resource: string;
  object: unknown;
}

function resource(kind: string, plural: string, object: object): Case {
  return { kind, resource: plural, object: { kind, metadata: { name: 'keep-name' }, ...object } };
}

const container = {
  image: 'registry.example/keep-image:1',
  command: ['keep-command', '--password', secret(90), '--listen=:8080'],
  env: [
    { name: 'DB_PASSWORD', value: secret(91) },
    { name: 'MODE', value: 'keep-mode' },
  ],
};

const cloudInit = [
  '#cloud-config',
  'hostname: keep-host',
  `password: ${secret(1)}`,
  'chpasswd:',
  '  expire: false',
  '  list: |',
  `    root:${secret(2)}`,
  `    fedora:${secret(3)}`,
  'users:',
  '  - name: keep-user',
  `    passwd: $6$rounds=4096$salt$${'S3CR3Tx'.repeat(8)}`,
  `    plain_text_passwd: ${secret(4)}`,
  'ssh_pwauth: true',
  'runcmd:',
  `  - echo "ubuntu:${secret(5)}" | chpasswd`,
  `  - echo ${secret(6)} | passwd --stdin root`,
  '  - keep-run',
].join('\n');

const virtualMachine = {
  running: true,
  template: {
    spec: {
      domain: { devices: { disks: [{ name: 'keep-disk', disk: { bus: 'virtio' } }] } },
      volumes: [
        { name: 'a', containerDisk: { image: 'registry.example/keep-image:1' } },
        { name: 'b', cloudInitNoCloud: { userData: cloudInit } },
        { name: 'c', cloudInitConfigDrive: { userDataBase64: base64(cloudInit) } },
      ],
    },
  },
};

const manifest = [
  'apiVersion: v1',
  'kind: ConfigMap',
  'metadata:',
  '  name: keep-config',
  '---',
  'apiVersion: v1',
  'kind: Secret',
  'metadata:',
  '  name: keep-secret',
  'stringData:',
  `  license: ${secret(10)}`,
  '  other: |',
  `    ${secret(11)}`,
  'data:',
  `  blob: ${base64(secret(12))}`,
  'type: keep-type',
].join('\n');

const cases: Case[] = [
  resource('Application', 'applications', {
    apiVersion: 'argoproj.io/v1alpha1',
    spec: {
      project: 'default',
      source: {
        repoURL: `https://git:${secret(1)}@git.example/keep-repo.git`,
        helm: {
          parameters: [
            { name: 'postgresql.auth.password', value: secret(2), forceString: true },
            { name: 'image.tag', value: 'keep-tag' },
          ],
          values: `auth:\n  rootPassword: ${secret(3)}\n  token: |\n    ${secret(4)}\nreplicas: 3 # keep-replicas\n`,
          valuesObject: { smtp: { host: 'keep-host', password: secret(5) } },
        },
        plugin: {
          env: [{ name: 'AVP_SECRET_ID_TOKEN', value: secret(6) }],
          parameters: [
            { name: 'api-token', string: secret(7) },
            { name: 'passwords', array: [secret(8)], map: { a: secret(9) } },
          ],
        },
      },
    },
  }),
  resource('Workflow', 'workflows', {
    apiVersion: 'argoproj.io/v1alpha1',
    spec: {
      entrypoint: 'keep-entry',
      arguments: { parameters: [{ name: 'api-token', value: secret(1) }] },
      templates: [
        { name: 'a', inputs: { parameters: [{ name: 'password', default: secret(2) }] }, container },
        { name: 'b', script: { image: 'keep-image', source: `export API_KEY='${secret(3)}'\nkeep-run\n` } },
        { name: 'c', resource: { action: 'create', manifest } },
        {
          name: 'd',
          http: {
            url: 'https://keep-url',
            headers: [{ name: 'Authorization', value: `Bearer ${secret(4)}` }],
          },
        },
      ],
    },
  }),
  resource('HelmChart', 'helmcharts', {
    apiVersion: 'helm.cattle.io/v1',
    spec: {
      chart: 'keep-chart',
      set: { 'auth.adminPassword': secret(1), 'image.tag': 'keep-tag' },
      valuesContent: `image: keep-image\nadminPassword: "${secret(2)}"\nlicenseKey: ${secret(3)}\npasswords:\n  - ${secret(4)}\n  - ${secret(5)}\nreplicas: 1 # keep-replicas`,
    },
  }),
  resource('HelmChartConfig', 'helmchartconfigs', {
    apiVersion: 'helm.cattle.io/v1',
    spec: {
      valuesContent: `additionalArguments:\n  - --keep-argument\nenv:\n  - name: CF_DNS_API_TOKEN\n    value: ${secret(1)}\n  - name: KEEP\n    value: keep-value\n`,
    },
  }),
  resource('HelmRelease', 'helmreleases', {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    spec: {
      chart: { spec: { chart: 'keep-chart' } },
      valuesFrom: [{ kind: 'Secret', name: 'keep-ref', valuesKey: 'password' }],
      values: {
        image: { repository: 'keep-image' },
        auth: { rootPassword: secret(1), replicationPassword: secret(2) },
        extraEnv: [{ name: 'API_TOKEN', value: secret(3) }],
        connectionString: `Server=db;User=a;Password=${secret(4)};`,
      },
    },
  }),
  resource('KubeadmControlPlane', 'kubeadmcontrolplanes', {
    apiVersion: 'controlplane.cluster.x-k8s.io/v1beta1',
    spec: {
      replicas: 3,
      kubeadmConfigSpec: {
        users: [
          { name: 'keep-user', passwd: secret(1), sshAuthorizedKeys: ['ssh-ed25519 AAAAC3keep'] },
          { name: 'b', passwd: `$6$salt$${'S3CR3Tx'.repeat(8)}` },
        ],
        initConfiguration: { bootstrapTokens: [{ token: 'abcdef.S3CR3T0123456789' }] },
        files: [
          {
            path: '/etc/kubernetes/keep-encryption.yaml',
            content: `kind: EncryptionConfiguration\nresources:\n- providers:\n  - aescbc:\n      keys:\n      - name: key1\n        secret: ${base64(secret(2))}\n`,
          },
          { path: '/etc/keep.conf', encoding: 'base64', content: base64(`user=a\npassword=${secret(3)}\n`) },
          { path: '/etc/keep.gz', encoding: 'gzip+base64', content: 'H4sIAAS3CR3TAAAA' },
          { path: '/etc/manifest.yaml', content: manifest },
        ],
        preKubeadmCommands: [`echo "root:${secret(4)}" | chpasswd`, 'keep-command'],
      },
    },
  }),
  resource('MachineConfig', 'machineconfigs', {
    apiVersion: 'machineconfiguration.openshift.io/v1',
    spec: {
      config: {
        ignition: { version: '3.4.0' },
        passwd: { users: [{ name: 'keep-user', passwordHash: secret(1) }] },
        storage: {
          files: [
            {
              path: '/etc/keep-a',
              contents: { source: `data:text/plain;charset=utf-8;base64,${base64(`x ${secret(2)}`)}` },
            },
            { path: '/etc/keep-b', contents: { source: `data:,user%3Da%0Apassword%3D${secret(3)}%0A` } },
            { path: '/etc/keep-c', contents: { source: `data:;base64,${base64('S3CR3T')}` } },
          ],
        },
        systemd: {
          units: [{ name: 'keep.service', contents: `[Service]\nEnvironment=A_TOKEN=${secret(4)}\n` }],
        },
      },
      kernelArguments: ['keep-argument'],
    },
  }),
  resource('VirtualMachineSnapshotContent', 'virtualmachinesnapshotcontents', {
    apiVersion: 'snapshot.kubevirt.io/v1beta1',
    spec: { source: { virtualMachine: { metadata: { name: 'keep-vm' }, spec: virtualMachine } } },
  }),
  resource('VirtualMachinePool', 'virtualmachinepools', {
    apiVersion: 'pool.kubevirt.io/v1alpha1',
    spec: { replicas: 2, virtualMachineTemplate: { spec: virtualMachine } },
  }),
  resource('GeneratorState', 'generatorstates', {
    apiVersion: 'generators.external-secrets.io/v1alpha1',
    spec: {
      garbageCollectionDeadline: '2026-12-01T00:00:00Z',
      resource: { kind: 'Fake', metadata: { name: 'keep-fake' }, spec: { data: { license: secret(1) } } },
      state: { login: secret(2), nested: [{ any: secret(3) }] },
    },
  }),
  resource('KeycloakRealmImport', 'keycloakrealmimports', {
    apiVersion: 'k8s.keycloak.org/v2alpha1',
    spec: {
      keycloakCRName: 'keep-keycloak',
      realm: {
        realm: 'keep-realm',
        smtpServer: { host: 'keep-host', user: 'a', password: secret(1) },
        clients: [{ clientId: 'keep-client', secret: secret(2) }],
        users: [
          {
            username: 'keep-user',
            credentials: [
              { type: 'password', value: secret(3) },
              {
                type: 'password',
                secretData: JSON.stringify({ value: secret(4), salt: secret(5) }),
                credentialData: '{"algorithm":"keep-argon2"}',
              },
            ],
          },
        ],
        identityProviders: [{ alias: 'a', config: { clientId: 'keep-id', clientSecret: secret(6) } }],
        components: {
          'org.keycloak.keys.KeyProvider': [
            { config: { privateKey: [secret(7)], secret: [secret(8)], priority: ['100'] } },
          ],
          'org.keycloak.storage.UserStorageProvider': [
            { config: { bindDn: ['keep-dn'], bindCredential: [secret(9)] } },
          ],
        },
      },
    },
  }),
  {
    kind: 'Setting',
    resource: 'settings',
    object: {
      kind: 'Setting',
      apiVersion: 'management.cattle.io/v3',
      value: secret(1),
      default: secret(2),
      metadata: { name: 'bootstrap-password' },
      customized: true,
    },
  },
  resource('Cluster', 'clusters', {
    apiVersion: 'management.cattle.io/v3',
    spec: {
      displayName: 'keep-cluster',
      rancherKubernetesEngineConfig: {
        privateRegistries: [{ url: 'keep-url', user: 'a', password: secret(1) }],
        services: {
          etcd: { backupConfig: { s3BackupConfig: { accessKey: secret(2), secretKey: secret(3) } } },
          kubeApi: { secretsEncryptionConfig: { enabled: true } },
        },
        cloudProvider: {
          vsphereCloudProvider: { virtualCenter: { keep: { user: 'a', password: secret(4) } } },
        },
      },
      importedConfig: {
        kubeConfig: `apiVersion: v1\nusers:\n- name: keep-user\n  user:\n    client-key-data: ${base64(secret(5))}\n    token: ${secret(6)}\n`,
      },
    },
    status: { serviceAccountToken: secret(7), version: { gitVersion: 'keep-version' } },
  }),
  resource('Cluster', 'clusters', {
    apiVersion: 'provisioning.cattle.io/v1',
    spec: {
      agentEnvVars: [
        { name: 'HTTPS_PROXY', value: `http://a:${secret(1)}@keep-proxy:3128` },
        { name: 'A_TOKEN', value: secret(2) },
      ],
      rkeConfig: {
        machineGlobalConfig: {
          cni: 'keep-cni',
          token: secret(3),
          'kube-apiserver-arg': [`oidc-client-secret=${secret(4)}`, 'keep-argument=1'],
        },
        etcd: { s3: { bucket: 'keep-bucket', accessKey: secret(5), secretKey: secret(6) } },
        additionalManifest: manifest,
        chartValues: { 'rancher-vsphere-cpi': { vCenter: { password: secret(7), host: 'keep-host' } } },
      },
    },
  }),
  resource('PipelineRun', 'pipelineruns', {
    apiVersion: 'tekton.dev/v1',
    spec: {
      params: [
        { name: 'git-token', value: secret(1) },
        { name: 'passwords', value: [secret(2), secret(3)] },
        { name: 'git-url', value: 'https://keep-url' },
      ],
      pipelineSpec: {
        params: [{ name: 'registry-password', type: 'string', default: secret(4) }],
        tasks: [
          {
            name: 'build',
            taskSpec: {
              steps: [
                {
                  ...container,
                  script: `#!/bin/sh\ncurl -H "Authorization: Bearer ${secret(5)}" keep-url\n`,
                },
              ],
            },
          },
        ],
      },
    },
  }),
  resource('Issuer', 'issuers', {
    apiVersion: 'cert-manager.io/v1',
    spec: {
      acme: {
        server: 'https://keep-acme/directory',
        privateKeySecretRef: { name: 'keep-ref' },
        solvers: [
          {
            dns01: {
              webhook: {
                solverName: 'keep-solver',
                config: {
                  applicationKey: secret(1),
                  applicationSecret: secret(2),
                  consumerKey: secret(3),
                  apiKey: secret(4),
                },
              },
            },
          },
          {
            dns01: {
              cloudflare: { apiTokenSecretRef: { name: 'keep-cloudflare', key: 'keep-key' } },
              route53: { region: 'keep-region', accessKeyID: 'AKIAS3CR3TS3CR3TS3CR' },
            },
          },
        ],
      },
      vault: { auth: { tokenSecretRef: { name: 'keep-token-ref', key: 'token' } } },
    },
  }),
  resource('postgresql', 'postgresqls', {
    apiVersion: 'acid.zalan.do/v1',
    spec: {
      dockerImage: 'keep-image',
      users: { app: ['superuser', 'keep-flag'] },
      env: [
        { name: 'WALG_LIBSODIUM_KEY', value: secret(1) },
        { name: 'AWS_SECRET_ACCESS_KEY', value: secret(2) },
      ],
      clone: {
        cluster: 'keep-clone',
        s3_access_key_id: 'AKIAS3CR3TS3CR3TS3CR',
        s3_secret_access_key: secret(3),
      },
      sidecars: [container],
    },
  }),
  resource('Vault', 'vaults', {
    apiVersion: 'vault.banzaicloud.com/v1alpha1',
    spec: {
      image: 'keep-image',
      config: { storage: { mysql: { address: 'keep-address', username: 'a', password: secret(1) } } },
      vaultEnvsConfig: [{ name: 'VAULT_TOKEN', value: secret(2) }],
      externalConfig: {
        policies: [{ name: 'keep-policy', rules: 'path "secret/*" { capabilities = ["read"] }' }],
        auth: [{ type: 'ldap', config: { url: 'ldap://keep-ldap', binddn: 'cn=keep', bindpass: secret(3) } }],
        secrets: [
          {
            type: 'database',
            configuration: {
              config: [
                {
                  name: 'keep-db',
                  connection_url: `root:${secret(4)}@tcp(keep-mysql:3306)/`,
                  password: secret(5),
                },
              ],
            },
          },
        ],
      },
      startupSecrets: [
        {
          type: 'kv',
          path: 'secret/data/keep-path',
          data: { data: { license: secret(6), more: [secret(7)] } },
        },
      ],
    },
  }),
  resource('DeploymentConfig', 'deploymentconfigs', {
    apiVersion: 'apps.openshift.io/v1',
    spec: {
      strategy: {
        rollingParams: {
          pre: { execNewPod: { command: ['keep-migrate'], env: [{ name: 'A_PASSWORD', value: secret(1) }] } },
        },
      },
      template: { spec: { containers: [container] } },
    },
  }),
  resource('Event', 'events', {
    apiVersion: 'v1',
    reason: 'keep-reason',
    message: `Error: exec: "keep-run --token ${secret(1)}": DB_PASSWORD=${secret(2)}, password: ${secret(3)}, https://a:${secret(4)}@keep-host`,
  }),
  resource('Event', 'events', {
    apiVersion: 'events.k8s.io/v1',
    note: `login failed: password: ${secret(1)}`,
    regarding: { name: 'keep-pod' },
  }),
];

function redacted(resourceName: string, members: string): string {
  const line = Buffer.from(
    `{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"patch","objectRef":{"resource":"${resourceName}","apiGroup":"example","name":"bootstrap-password"},${members}}`,
  );
  const event = parseEvent(line);
  if (event === undefined) throw new Error('no event');
  const bytes = redactor.event(line, event, false)?.bytes ?? line;
  JSON.parse(bytes.toString());
  return bytes.toString();
}

/** How the object can stand in an event: as it is, listed, patched, as a text in an annotation. */
const forms: readonly [string, (object: unknown) => string][] = [
  ['created', (object) => `"requestObject":${JSON.stringify(object)}`],
  ['answered', (object) => `"responseObject":${JSON.stringify(object)}`],
  ['listed', (object) => `"responseObject":${JSON.stringify({ kind: 'List', items: [object] })}`],
  [
    'as last applied',
    (object) =>
      `"requestObject":${JSON.stringify({ metadata: { annotations: { a: JSON.stringify(object) } } })}`,
  ],
];

const secretForm = /S3CR3T/i;
const base64Form = /UzNDUjNU|MzQ1IzVC|S3CR3T/; // of S3CR3T at the first of three positions

test.each(cases.flatMap((one) => forms.map(([form, write]) => ({ ...one, form, write }))))(
  'a $kind with its credentials in line, $form, shows none of them, and what is none',
  ({ resource: plural, object, write }) => {
    const members = write(object);
    const text = redacted(plural, members);
    expect(text.match(secretForm)).toBeNull();
    expect(text.match(base64Form)).toBeNull();
    const kept = new Set([...members.matchAll(/keep-[a-z0-9-]+/g)].map(([word]) => word));
    expect([...kept].filter((word) => !text.includes(word))).toEqual([]);
  },
);

test('of a patch of a Setting its name says that its value is a secret', () => {
  expect(redacted('settings', `"requestObject":{"value":"${secret(1)}"}`)).not.toMatch(secretForm);
  const patch = [{ op: 'replace', path: '/value', value: secret(1) }];
  expect(redacted('settings', `"requestObject":${JSON.stringify(patch)}`)).not.toMatch(secretForm);
});
