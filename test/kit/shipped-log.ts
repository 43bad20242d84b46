import { Scene } from './scene.ts';
import { allDocuments, deleteDocument, putSource, refresh } from './elasticsearch/index.ts';
import type { StoredDocument } from './elasticsearch/index.ts';
import { eventStream } from '../../agent/streams/index.ts';
import { auditseal, findingLines } from './installation.ts';
import type { Ran } from './installation.ts';

/** What a real agent shipped of these lines, and has ceased to: heads and events as they are. */
export class ShippedLog implements AsyncDisposable {
  readonly #scene: Scene;
  /** As they were shipped, in order. */
  readonly events: readonly StoredDocument[];

  private constructor(scene: Scene, events: readonly StoredDocument[]) {
    this.#scene = scene;
    this.events = events;
  }

  static async make(url: string, lines: readonly string[]): Promise<ShippedLog> {
    const scene = await Scene.make({ url });
    await scene.start();
    await scene.writer.many(lines);
    const problems = await scene.finish();
    if (problems.length > 0) throw new Error(problems.join('\n'));
    const events: StoredDocument[] = [];
    for await (const event of allDocuments(url, eventStream(scene.namespace))) events.push(event);
    return new ShippedLog(
      scene,
      events.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
  }

  get path(): string {
    return this.#scene.writer.log.path;
  }

  get url(): string {
    return this.#scene.url;
  }

  get namespace(): string {
    return this.#scene.namespace;
  }

  get stream(): string {
    return eventStream(this.#scene.namespace);
  }

  /** Replaces the bytes of an event, under its `_id`. */
  async put({ index, id }: StoredDocument, source: string): Promise<void> {
    await putSource(this.url, index, id, Buffer.from(source));
    await refresh(this.url, this.stream);
  }

  async remove({ index, id }: StoredDocument): Promise<void> {
    await deleteDocument(this.url, index, id);
    await refresh(this.url, this.stream);
  }

  /** The lines of the report above the summary, those that are indented, too. */
  async verify(...parameters: string[]): Promise<Ran & { findings: string[] }> {
    const ran = await this.#run('verify', parameters);
    return { ...ran, findings: findingLines(ran.stdout) };
  }

  async show(id: string, ...parameters: string[]): Promise<Ran> {
    return await this.#run('show', [id, ...parameters]);
  }

  async #run(command: string, parameters: readonly string[]): Promise<Ran> {
    return await auditseal([command, '--url', this.url, '--namespace', this.#scene.namespace, ...parameters]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scene[Symbol.asyncDispose]();
  }
}
