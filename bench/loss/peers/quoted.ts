/**
 * Shippers that cannot be had from package registries, as they were measured once, by hand, at 2 MB/s on two cores: 33,192 events, 5 MiB files, 5
 * backups, one kill, resets before the request was read. Lost/duplicated; damage was not counted. They are quoted, not
 * measured by this bench.
 */
export const quoted: readonly { name: string; cells: readonly string[] }[] = [
  {
    name: 'Vector 0.58 (quoted)',
    cells: ['0/0', '0/0', '0/789', '3,348/0', '0/0', '0/0', '0/0', '0/0'],
  },
  {
    name: 'Fluent Bit 5.1 (quoted)',
    cells: ['0/0', '0/0', '0/0', '5,814–9,520/0', '0/0', '0/0', '0/0', '998/0'],
  },
];
