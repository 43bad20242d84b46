export { definitions } from './definitions.ts';
export { heads } from './heads.ts';

import type { Scene } from '../scene.ts';
import { configMaps } from './config-maps.ts';
import { customResources } from './custom-resources.ts';
import { formats } from './formats.ts';
import { lists } from './lists.ts';
import { patches } from './patches.ts';
import { pods } from './pods.ts';
import { reviews } from './reviews.ts';
import { secrets } from './secrets.ts';
import { uris } from './uris.ts';

export const plants: readonly ((scene: Scene) => Promise<void>)[] = [
  secrets,
  configMaps,
  pods,
  formats,
  customResources,
  patches,
  lists,
  reviews,
  uris,
];
