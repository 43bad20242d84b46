/** The name of its process. */
export const agent = 'agent-as-the-pod';
/** Namespace of the data streams: the chart's default. */
export const stream = 'auditseal';
