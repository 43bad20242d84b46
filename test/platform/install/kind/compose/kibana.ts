import { forward } from '../../../cluster/forward.ts';
import { KibanaStandIn } from '../../../../unit/kibana/stand-in.ts';

/** In the container that stands for Kibana. */
const standIn = await KibanaStandIn.start();
await forward(
  { host: '0.0.0.0', port: 5601 },
  { host: '127.0.0.1', port: Number(new URL(standIn.url).port) },
);
