import type { Scene } from '../scene.ts';

type Make = (random: (length: number) => string) => string;

/** Credentials that are known by how they begin, and others by the text around them. */
const known: Readonly<Record<string, Make>> = {
  'AWS access key id': (r) => `AKIA${r(16)}`,
  'GitHub token': (r) => `ghp_${r(36)}`,
  'GitHub fine-grained token': (r) => `github_pat_${r(82)}`,
  'GitLab token': (r) => `glpat-${r(20)}`,
  'GitLab runner token': (r) => `glrt-${r(20)}`,
  'Slack token': (r) => `xoxb-${r(24)}`,
  'Slack webhook': (r) => `https://hooks.slack.com/services/${r(44)}`,
  'Stripe key': (r) => `sk_live_${r(24)}`,
  'private key': (r) => `-----BEGIN EC PRIVATE KEY-----\n${r(64)}\n-----END EC PRIVATE KEY-----\n`,
  'Google API key': (r) => `AIza${r(35)}`,
  'npm token': (r) => `npm_${r(36)}`,
  'PyPI token': (r) => `pypi-AgEIcHlwaS5vcmc${r(50)}`,
  'Vault token': (r) => `hvs.${r(90)}`,
  'DigitalOcean token': (r) => `dop_v1_${r(64)}`,
  'Anthropic key': (r) => `sk-ant-api03-${r(90)}`,
  'OpenAI key': (r) => `sk-${r(20)}T3BlbkFJ${r(20)}`,
  'SendGrid key': (r) => `SG.${r(22)}.${r(43)}`,
  'Azure client secret': (r) => `${r(3)}8Q~${r(34)}`,
  'Azure storage key': (r) => `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${r(86)}==`,
  'Azure SAS': (r) => `https://a.blob.core.windows.net/c?sv=2024&sig=${r(44)}`,
  'Grafana token': (r) => `glsa_${r(32)}_${r(8)}`,
  'age key': (r) => `AGE-SECRET-KEY-1${r(58)}`,
  'Artifactory key': (r) => `AKCp${r(69)}`,
  'Hugging Face token': (r) => `hf_${r(34)}`,
  'Shopify token': (r) => `shpat_${r(32)}`,
  'Docker Hub token': (r) => `dckr_pat_${r(27)}`,
  'Sentry token': (r) => `sntryu_${r(64)}`,
  'Postman key': (r) => `PMAK-${r(24)}-${r(34)}`,
  'Pulumi token': (r) => `pul-${r(40)}`,
  'Doppler token': (r) => `dp.pt.${r(43)}`,
  '1Password token': (r) => `ops_eyJ${r(250)}`,
  'Dynatrace token': (r) => `dt0c01.${r(24)}.${r(64)}`,
  'Linear key': (r) => `lin_api_${r(40)}`,
  'PlanetScale token': (r) => `pscale_tkn_${r(32)}`,
  'RubyGems key': (r) => `rubygems_${r(48)}`,
  'Heroku key': (r) => `HRKU-AA${r(58)}`,
  'Terraform Cloud token': (r) => `${r(14)}.atlasv1.${r(60)}`,
  'OpenShift token': (r) => `sha256~${r(43)}`,
  'JSON Web Token': (r) => `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.${r(43)}`,
  'URL with a password': (r) => `amqp://app:${r(20)}@mq.example:5672/`,
  'Bearer header': (r) => `Authorization: Bearer ${r(32)}`,
  'Basic header': (r) => `authorization: Basic ${r(32)}`,
};

/** In a variable whose name says nothing, and in a list of texts of a Pod's arguments. */
export async function formats(scene: Scene): Promise<void> {
  const value = (name: string, where: string) =>
    known[name]!((length) => scene.mint(`${name} in ${where}`, { length }));
  const names = scene.fate === 'accepted' || scene.fate === 'webhook' ? Object.keys(known) : [];
  for (let from = 0; from < names.length; from += 6) {
    const some = names.slice(from, from + 6);
    await scene.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      spec: {
        containers: [
          {
            name: 'a',
            image: 'registry.example/a:1',
            env: some.map((name, index) => ({ name: `X${index}`, value: value(name, 'a neutral variable') })),
            args: scene.level === 'Request' ? some.map((name) => `x ${value(name, 'an argument')} y`) : [],
          },
        ],
      },
    });
  }
}
