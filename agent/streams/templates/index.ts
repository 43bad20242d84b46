export { ilmSettings, templateVersion, templates } from './definition.ts';
export type { Retention, StreamTemplate, Template } from './definition.ts';
export { installTemplates } from './install.ts';
export type { Installed, InstallOptions, Send } from './install.ts';
