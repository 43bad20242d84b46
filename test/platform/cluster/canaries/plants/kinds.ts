export interface CustomKind {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  readonly make: (mint: (place: string, stays?: string) => string) => Record<string, unknown>;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const pem = (text: string) => `-----BEGIN RSA PRIVATE KEY-----\n${text}\n-----END RSA PRIVATE KEY-----\n`;

/** Kinds of well-known operators that people write credentials into, with members as their definitions have them. */
export const customKinds: readonly CustomKind[] = [
  {
    group: 'argoproj.io',
    resource: 'applications',
    kind: 'Application',
    make: (mint) => ({
      spec: {
        source: {
          helm: {
            parameters: [{ name: 'auth.password', value: mint('helm.parameters') }],
            values: `auth:\n  rootPassword: ${mint('helm.values')}\n`,
            valuesObject: { auth: { replicationPassword: mint('helm.valuesObject') } },
          },
        },
      },
    }),
  },
  {
    group: 'argoproj.io',
    resource: 'workflows',
    kind: 'Workflow',
    make: (mint) => ({
      spec: {
        arguments: { parameters: [{ name: 'github-token', value: mint('arguments.parameters') }] },
        templates: [{ script: { source: `export API_KEY=${mint('script.source')}\nrun\n` } }],
      },
    }),
  },
  {
    group: 'helm.cattle.io',
    resource: 'helmcharts',
    kind: 'HelmChart',
    make: (mint) => ({
      spec: {
        valuesContent: `grafana:\n  adminPassword: '${mint('valuesContent')}'\n`,
        set: { 'auth.clientSecret': mint('set') },
      },
    }),
  },
  {
    group: 'helm.cattle.io',
    resource: 'helmchartconfigs',
    kind: 'HelmChartConfig',
    make: (mint) => ({ spec: { valuesContent: `token: ${mint('valuesContent')}\n` } }),
  },
  {
    group: 'helm.toolkit.fluxcd.io',
    resource: 'helmreleases',
    kind: 'HelmRelease',
    make: (mint) => ({ spec: { values: { postgresql: { postgresqlPassword: mint('values') } } } }),
  },
  {
    group: 'controlplane.cluster.x-k8s.io',
    resource: 'kubeadmcontrolplanes',
    kind: 'KubeadmControlPlane',
    make: (mint) => ({
      spec: {
        kubeadmConfigSpec: {
          joinConfiguration: { discovery: { bootstrapToken: { token: mint('bootstrapToken.token') } } },
          files: [
            { path: '/etc/kubernetes/pki/ca.key', content: pem(mint('files.content')) },
            { path: '/etc/app.conf', content: `db_password = ${mint('files.content by name')}\n` },
          ],
          users: [{ name: 'admin', passwd: mint('users.passwd') }],
        },
      },
    }),
  },
  {
    group: 'machineconfiguration.openshift.io',
    resource: 'machineconfigs',
    kind: 'MachineConfig',
    make: (mint) => ({
      spec: {
        config: {
          passwd: { users: [{ name: 'core', passwordHash: mint('passwd.users.passwordHash') }] },
          storage: {
            files: [
              {
                contents: {
                  source: `data:text/plain;base64,${base64(`password=${mint('files.contents')}\n`)}`,
                },
              },
            ],
          },
        },
      },
    }),
  },
  {
    group: 'kubevirt.io',
    resource: 'virtualmachinepools',
    kind: 'VirtualMachinePool',
    make: (mint) => ({
      spec: {
        virtualMachineTemplate: {
          spec: {
            volumes: [
              {
                cloudInitNoCloud: {
                  userData: `#cloud-config\npassword: ${mint('cloudInitNoCloud.userData')}\n`,
                },
              },
            ],
          },
        },
      },
    }),
  },
  {
    group: 'snapshot.kubevirt.io',
    resource: 'virtualmachinesnapshotcontents',
    kind: 'VirtualMachineSnapshotContent',
    make: (mint) => ({
      spec: {
        source: {
          virtualMachine: {
            spec: {
              volumes: [
                {
                  cloudInitNoCloud: {
                    userDataBase64: base64(`#cloud-config\npassword: ${mint('userDataBase64')}\n`),
                  },
                },
              ],
            },
          },
        },
      },
    }),
  },
  {
    group: 'generators.external-secrets.io',
    resource: 'generatorstates',
    kind: 'GeneratorState',
    make: (mint) => ({
      spec: {
        state: { token: mint('state.token'), lease: mint('state') },
      },
    }),
  },
  {
    group: 'k8s.keycloak.org',
    resource: 'keycloakrealmimports',
    kind: 'KeycloakRealmImport',
    make: (mint) => ({
      spec: {
        realm: {
          clients: [{ clientId: 'a', secret: mint('clients.secret') }],
          smtpServer: { password: mint('smtpServer.password') },
          users: [
            { username: 'a', credentials: [{ type: 'password', value: mint('users.credentials.value') }] },
          ],
        },
      },
    }),
  },
  {
    group: 'management.cattle.io',
    resource: 'settings',
    kind: 'Setting',
    make: (mint) => ({
      value: mint('value', 'what the setting is for, only its object name says'),
      default: '',
    }),
  },
  {
    group: 'management.cattle.io',
    resource: 'clusters',
    kind: 'Cluster',
    make: (mint) => ({
      spec: {
        rancherKubernetesEngineConfig: {
          privateRegistries: [
            { url: 'registry.example', user: 'robot', password: mint('privateRegistries.password') },
          ],
          services: {
            etcd: {
              backupConfig: {
                s3BackupConfig: { accessKey: mint('accessKey'), secretKey: mint('secretKey') },
              },
            },
          },
        },
      },
    }),
  },
  {
    group: 'provisioning.cattle.io',
    resource: 'clusters',
    kind: 'Cluster',
    make: (mint) => ({
      spec: {
        rkeConfig: {
          additionalManifest: `kind: Secret\nstringData:\n  password: ${mint('additionalManifest')}\n`,
        },
      },
    }),
  },
  {
    group: 'tekton.dev',
    resource: 'pipelineruns',
    kind: 'PipelineRun',
    make: (mint) => ({ spec: { params: [{ name: 'registry-password', value: mint('params') }] } }),
  },
  {
    group: 'cert-manager.io',
    resource: 'issuers',
    kind: 'Issuer',
    make: (mint) => ({
      spec: {
        vault: {
          auth: {
            tokenSecretRef: { name: mint('tokenSecretRef', 'says where the secret is'), key: 'token' },
          },
        },
        acme: { solvers: [{ dns01: { webhook: { config: { apiKey: mint('dns01.webhook.config') } } } }] },
      },
    }),
  },
  {
    group: 'acid.zalan.do',
    resource: 'postgresqls',
    kind: 'postgresql',
    make: (mint) => ({
      spec: {
        clone: { s3_secret_access_key: mint('clone') },
        env: [{ name: 'AWS_SECRET_ACCESS_KEY', value: mint('env') }],
      },
    }),
  },
  {
    group: 'vault.banzaicloud.com',
    resource: 'vaults',
    kind: 'Vault',
    make: (mint) => ({
      spec: {
        externalConfig: { auth: [{ type: 'ldap', config: { bindpass: mint('externalConfig bindpass') } }] },
        envsConfig: [{ name: 'VAULT_TOKEN', value: mint('envsConfig') }],
        startupSecrets: [
          { type: 'kv', path: 'secret/data/a', data: { data: { AWS_KEY: mint('startupSecrets') } } },
        ],
      },
    }),
  },
  {
    group: 'apps.openshift.io',
    resource: 'deploymentconfigs',
    kind: 'DeploymentConfig',
    make: (mint) => ({
      spec: {
        template: { spec: { containers: [{ env: [{ name: 'MYSQL_PASSWORD', value: mint('env') }] }] } },
      },
    }),
  },
  {
    group: 'monitoring.example',
    resource: 'checks',
    kind: 'Check',
    make: (mint) => ({
      spec: {
        basicAuth: { username: 'a', password: mint('basicAuth.password') },
        headers: {
          Authorization: `Basic ${base64(`a:${mint('headers.Authorization')}`)}`,
          Cookie: `session=${mint('headers.Cookie')}`,
        },
        credentials: { user: 'a', value: mint('credentials.value') },
        passwords: [mint('a list of passwords')],
        nested: {
          secret: {
            inner: mint('under a member called secret', 'the name of the member itself says nothing'),
          },
        },
        query: `https://a.example/x?api_key=${mint('a URL with api_key=')}`,
        text: `login with password: ${mint('prose with password:')}`,
        pin: mint('a neutral member', 'name and form say nothing'),
      },
    }),
  },
];
