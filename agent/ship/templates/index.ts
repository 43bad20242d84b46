export { templateVersion, templates } from './definition.ts';
export type { StreamTemplate, Template } from './definition.ts';
export { installTemplates } from './install.ts';
export type { Installed, InstallOptions } from './install.ts';
