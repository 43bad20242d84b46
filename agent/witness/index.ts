/**
 * Has checkpoints cosigned by witnesses (C2SP tlog-witness) once Elasticsearch has them, so that not even a thief of a log's current
 * key can rewrite what it has sealed. Never in the way of shipping.
 */
export { Connection } from './connection.ts';
export { Cosigning } from './cosigning.ts';
export { Stamping } from './stamping.ts';
export { openWitnesses, type Witness } from './witness.ts';
