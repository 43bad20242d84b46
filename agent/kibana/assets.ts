import { z } from 'zod';
import { elasticsearchDefaults } from '../config/index.ts';
import { eventStream, recordStream, verdictStream } from '../streams/index.ts';
import access from './dashboards/auditseal-access.json' with { type: 'json' };
import critical from './dashboards/auditseal-critical.json' with { type: 'json' };
import evidence from './dashboards/auditseal-evidence.json' with { type: 'json' };
import volume from './dashboards/auditseal-volume.json' with { type: 'json' };
import dataViews from './data-views.json' with { type: 'json' };
import searches from './searches.json' with { type: 'json' };

/** As `POST /api/data_views/data_view` takes it. */
export interface DataView {
  id: string;
  name: string;
  /** The data stream: Kibana's title of a data view is its index pattern. */
  title: string;
  timeFieldName: string;
}

/** A saved search, as one would type it into Discover. */
export interface Search {
  id: string;
  title: string;
  description: string;
  /** Id of a data view. */
  data_view: string;
  /** KQL. */
  query: string;
  columns: string[];
}

export interface Dashboard {
  id: string;
  /** As `PUT /api/dashboards/{id}` takes it. */
  body: Record<string, unknown> & { title: string };
}

export interface Assets {
  dataViews: DataView[];
  searches: Search[];
  dashboards: Dashboard[];
}

/** As the files have them: for the default namespace, so that each can be sent by hand as it is. */
const written: Assets = {
  dataViews,
  searches,
  dashboards: [
    { id: 'auditseal-access', body: access },
    { id: 'auditseal-critical', body: critical },
    { id: 'auditseal-evidence', body: evidence },
    { id: 'auditseal-volume', body: volume },
  ],
};

const streamOf: Readonly<Record<string, (namespace: string) => string>> = {
  'auditseal-events': eventStream,
  'auditseal-records': recordStream,
  'auditseal-verdicts': verdictStream,
};

/**
 * All that is installed for the data streams of a namespace. Those of the default namespace have the ids of the files; others
 * have the namespace behind them, and in their titles, so that several can stand beside each other in one space.
 */
export function assetsOf(namespace: string): Assets {
  const isDefault = namespace === elasticsearchDefaults.namespace;
  const idOf = (id: string) => (isDefault ? id : `${id}-${namespace}`);
  const titleOf = (title: string) => (isDefault ? title : `${title} (${namespace})`);
  return {
    dataViews: written.dataViews.map((view) => ({
      ...view,
      id: idOf(view.id),
      name: titleOf(view.name),
      title: streamOf[view.id]!(namespace),
    })),
    searches: written.searches.map((search) => ({
      ...search,
      id: idOf(search.id),
      title: titleOf(search.title),
      data_view: idOf(search.data_view),
    })),
    dashboards: written.dashboards.map(({ id, body }) => ({
      id: idOf(id),
      body: { ...bodySchema.parse(referring(body, idOf)), title: titleOf(body.title) },
    })),
  };
}

const bodySchema = z.record(z.string(), z.unknown());
/** The members of a dashboard that name another object. */
const references = new Set(['ref_id', 'data_view_id']);
/** A link of one dashboard to another, in text. */
const link = /(?<=\(#\/view\/)[a-z-]+(?=\))/gu;

function referring(value: unknown, idOf: (id: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => referring(item, idOf));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => [
      name,
      typeof member === 'string' ? referringText(name, member, idOf) : referring(member, idOf),
    ]),
  );
}

function referringText(name: string, text: string, idOf: (id: string) => string): string {
  if (references.has(name)) return idOf(text);
  return name === 'content' ? text.replaceAll(link, (id) => idOf(id)) : text;
}
