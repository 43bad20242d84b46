import type { Scene } from '../scene.ts';

/** ConfigMaps are for settings, and hold passwords again and again: their bodies are cut whole. */
export async function configMaps(scene: Scene): Promise<void> {
  const mint = (place: string) => scene.mint(`ConfigMap ${place}`);
  await scene.create('configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    data: {
      'db.password': mint('by its name'),
      'app.properties': `spring.datasource.password=${mint('properties')}\nmode=x\n`,
      'values.yaml': `auth:\n  adminPassword: "${mint('YAML')}"\n`,
      neutral: mint('a setting'),
    },
    binaryData: { blob: Buffer.from(mint('binary')).toString('base64') },
  });
}
