/** Pieces of a pod's manifest, so that lines compress about as real ones do. */
const words = [
  '"name":"', '"value":"', 'registry.example/team/app:v1.2.', '"mountPath":"/var/lib/', '"containerPort":', 'kubernetes.io/',
  '"image":"', 'prometheus', '"readOnly":true', 'checkout-service', '"cpu":"250m"', '"memory":"512Mi"', 'app.kubernetes.io/name',
]; // prettier-ignore

const filler = makeFiller(1 << 16);
const shortest = 1000;
const longest = 3600;

/** A writer's key of its n-th event, as it stands in the event's auditID. */
export function keyOfNumber(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** The other way round; 0 for what is no key. */
export function numberOfKey(key: string | undefined): number {
  return Number.parseInt(key?.slice(-12) ?? '', 16) || 0;
}

/**
 * The n-th audit event of a writer, with its newline: 1.0 to 3.6 kB, different from every other, by a person whose requests the
 * default policy keeps whole. It holds what a shipper that parses and prints again changes: escapes, integers above
 * 2^53, `1.0`, `1e3`, null, repeated keys, two-byte and four-byte characters.
 */
export function lineOfNumber(n: number): Buffer {
  const start =
    `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"${keyOfNumber(n)}","stage":"ResponseComplete",` +
    `"requestURI":"/api/v1/namespaces/shop/pods?dryRun=All\\u0026fieldManager=loss-${n}","verb":"create","user":{"username":"grüße@example.test","groups":["dev","system:authenticated"]},` +
    `"sourceIPs":["203.0.113.${n % 250}"],"userAgent":"kubectl/v1.35.4 (linux/amd64)","objectRef":{"resource":"pods","namespace":"shop","name":"pod-${n}","apiVersion":"v1"},` +
    `"responseStatus":{"metadata":{},"code":201},"requestObject":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"pod-${n}","labels":{"a":"😀","a":"\\u2028"}},` +
    `"spec":{"priority":1.0,"ratio":1e3,"big":12345678901234567890,"negative":-0.0,"none":null,"note":"`;
  const end = `"}},"requestReceivedTimestamp":"${timeOf(n)}","stageTimestamp":"${timeOf(n + 1)}"}\n`;
  const length = shortest + ((n * 7919) % (longest - shortest));
  const from = (n * 797) % (filler.length - longest);
  const room = Math.max(0, length - start.length - end.length);
  return Buffer.from(start + filler.slice(from, from + room) + end);
}

/** The key in an event's bytes; undefined if it has none of ours. */
export function keyIn(event: Buffer): string | undefined {
  const at = event.indexOf('"auditID":"');
  if (at === -1) return undefined;
  return event.toString('latin1', at + 11, at + 47);
}

function timeOf(n: number): string {
  const at = new Date(1_795_000_000_000 + n).toISOString();
  return `${at.slice(0, -1)}${String(n % 1000).padStart(3, '0')}Z`;
}

/** JSON text inside a string, the same in every run. */
function makeFiller(length: number): string {
  let text = '';
  for (let state = 1; text.length < length;) {
    state = (state * 48_271) % 2_147_483_647;
    text += `${words[state % words.length]}${(state % 10_007).toString(36)}",`;
  }
  return text.slice(0, length).replaceAll('"', "'");
}
