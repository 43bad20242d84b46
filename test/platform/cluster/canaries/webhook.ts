import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { until } from '../../../kit/agent/index.ts';
import type { Authority } from '../pki.ts';
import type { Apiserver } from './apiserver.ts';
import type { Minter } from './minter.ts';
import { namespace } from './scene.ts';

interface Review {
  request: {
    uid: string;
    object: { metadata?: { labels?: Record<string, string> }; spec?: unknown; data?: unknown } | null;
  };
}

/**
 * An admission webhook as there are many: it denies with a message that quotes the object, and adds an annotation and a variable
 * with a value of its own to what it admits. And a ValidatingAdmissionPolicy that does the same in CEL.
 */
export class Admission {
  readonly #server: ReturnType<typeof createServer>;
  readonly #minter: Minter;
  #isRecording = false;

  private constructor(server: ReturnType<typeof createServer>, minter: Minter) {
    this.#server = server;
    this.#minter = minter;
  }

  static async start(authority: Authority, minter: Minter): Promise<Admission> {
    const certificate = await authority.server('webhook', 'webhook', ['IP:127.0.0.1']);
    const [cert, key] = [readFileSync(certificate.certificate), readFileSync(certificate.key)];
    const server = createServer({ cert, key });
    const admission = new Admission(server, minter);
    server.on('request', (request, response) => {
      void json(request).then((review) => response.end(JSON.stringify(admission.#answer(review as Review))));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return admission;
  }

  /** Puts both in force. */
  async register(apiserver: Apiserver): Promise<void> {
    const group = '/apis/admissionregistration.k8s.io/v1';
    const { port } = this.#server.address() as AddressInfo;
    const rule = { apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: ['*'] };
    const caBundle = readFileSync(apiserver.authority.file).toString('base64');
    await apiserver.create(`${group}/mutatingwebhookconfigurations`, {
      metadata: { name: 'inject.example' },
      webhooks: [
        {
          name: 'inject.example.test',
          clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle },
          rules: [{ ...rule, scope: 'Namespaced' }],
          objectSelector: { matchExpressions: [{ key: 'fate', operator: 'Exists' }] },
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
        },
      ],
    });
    const quoted =
      '(has(object.data) ? string(object.metadata.name) + " " + object.data.map(k, k + "=" + string(object.data[k])).join(",") : "")';
    await apiserver.create(`${group}/validatingadmissionpolicies`, {
      metadata: { name: 'quotes.example' },
      spec: {
        matchConstraints: { resourceRules: [{ ...rule, resources: ['secrets', 'configmaps'] }] },
        matchConditions: [
          { name: 'marked', expression: 'has(object.metadata.labels) && "fate" in object.metadata.labels' },
        ],
        validations: [
          {
            expression: 'object.metadata.labels["fate"] != "policy"',
            messageExpression: `"not allowed: " + ${quoted}`,
          },
        ],
        auditAnnotations: [{ key: 'seen', valueExpression: quoted }],
      },
    });
    await apiserver.create(`${group}/validatingadmissionpolicybindings`, {
      metadata: { name: 'quotes.example' },
      spec: { policyName: 'quotes.example', validationActions: ['Deny', 'Audit'] },
    });
    await this.#untilInForce(apiserver);
    // From here on as in each other run.
    this.#isRecording = true;
  }

  /** The apiserver learns of them in its own time: until then nothing is refused. */
  async #untilInForce(apiserver: Apiserver): Promise<void> {
    for (const fate of ['webhook', 'policy'])
      await until(
        async () => {
          const object = { metadata: { name: 'probe', labels: { fate } }, data: {} };
          const path = `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`;
          return (await apiserver.admin('POST', path, object)).code !== 201;
        },
        () => `nothing is refused by ${fate}`,
      );
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer({ request: { uid, object } }: Review): object {
    const fate = object?.metadata?.labels?.['fate'];
    const about = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
    if (fate === 'webhook' || fate === 'policy') {
      if (fate === 'policy' && object?.data !== undefined)
        return { ...about, response: { uid, allowed: true } };
      const message = `not allowed: ${JSON.stringify(object?.spec ?? object)}`;
      return { ...about, response: { uid, allowed: false, status: { code: 403, message } } };
    }
    if (!this.#isRecording) return { ...about, response: { uid, allowed: true } };
    const value = this.#minter.mint(`a webhook's patch; ${fate}`);
    const patch = [
      { op: 'add', path: '/metadata/annotations', value: { 'inject.example/api-token': value } },
    ];
    const encoded = Buffer.from(JSON.stringify(patch)).toString('base64');
    return { ...about, response: { uid, allowed: true, patchType: 'JSONPatch', patch: encoded } };
  }
}
