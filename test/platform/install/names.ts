import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const classInternet = 1;
const typeA = 1;

/**
 * A name server (RFC 1035, over UDP) that knows these names and no others, as a user's network has one: also pods ask it, by the cluster's
 * own DNS.
 *
 * @param names → the IPv4 address
 */
export async function serveNames(address: string, names: ReadonlyMap<string, string>): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address: from }) => {
    const reply = answer(question, names);
    if (reply) socket.send(reply, port, from);
  });
  socket.bind(53, address);
  await once(socket, 'listening');
}

function answer(query: Buffer, names: ReadonlyMap<string, string>): Buffer | undefined {
  if (query.length < 17) return undefined;
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5;
  if (query.length < end) return undefined;
  const address = names.get(labels.join('.').toLowerCase());
  const asksAddress = query.readUInt16BE(at + 1) === typeA && query.readUInt16BE(at + 3) === classInternet;
  const isAnswered = address !== undefined && asksAddress;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  // A response, recursion as it was desired and available; NXDOMAIN for what is not there.
  header.writeUInt16BE(0x8080 | (query.readUInt16BE(2) & 0x0100) | (address === undefined ? 3 : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(isAnswered ? 1 : 0, 6);
  const asked = query.subarray(12, end);
  if (!isAnswered) return Buffer.concat([header, asked]);
  // The name is the question's; A, IN, 60 s, 4 bytes.
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]);
  return Buffer.concat([header, asked, record]);
}
