/** A text inside a text inside a text: last-applied-configuration, Helm values, cloud-init. So many levels are looked into. */
export const nestedMax = 4;
