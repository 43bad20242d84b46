import type { ControlPlane } from './control-plane.ts';
import type { Helm } from './helm.ts';
import type { Report } from './report.ts';
import type { Settings } from './settings.ts';

/** What every stage is given. */
export interface Cluster {
  settings: Settings;
  report: Report;
  plane: ControlPlane;
  helm: Helm;
}
