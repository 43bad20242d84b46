import { parseOrigin } from '../../../seal/index.ts';
import type { Report } from '../../report.ts';
import { markup, named, time } from '../html.ts';
import { pageTable } from '../table.ts';
import { shownOf } from './section.ts';
import type { Section } from './section.ts';

const logsMax = 300;

/** What was looked at: clusters, nodes, sources, epochs, keys, and who made the report. */
export function scopeSection(report: Report): Section {
  const { maker, namespace, urls, since, until, population, verified } = report;
  const { logs, coverage, trusted } = verified.summary;
  const { trust } = maker;
  const origins = logs.map(({ origin }) => parseOrigin(origin));
  const clusters = distinct(origins.map(({ cluster }) => cluster));
  const nodes = distinct(origins.map(({ cluster, node }) => `${cluster}/${node}`));
  const sources = distinct(origins.map(({ source }) => source));
  return {
    id: 'scope',
    title: 'What was looked at',
    body: markup`<dl>
        <dt>Time</dt>
        <dd>${time(since)} to ${time(until)}, both included</dd>
        <dt>Clusters</dt>
        <dd>${clusters.length}: ${clusters.map((name) => markup`${named(name)} `)}</dd>
        <dt>Nodes</dt>
        <dd>${nodes.length}</dd>
        <dt>Sources</dt>
        <dd>${sources.map((name) => markup`${named(name)} `)}</dd>
        <dt>Where</dt>
        <dd>
          namespace ${named(namespace)} at ${named(urls.join(', '))}; Elasticsearch
          ${named(maker.elasticsearch)}
        </dd>
        <dt>Keys</dt>
        <dd>
          ${
            trusted && trust
              ? markup`they follow from the trust file ${named(trust.file)}, SHA-256
                  <code>${trust.sha256}</code>`
              : 'taken from the log itself, since no trust file was given: whoever can write to Elasticsearch could have made them up'
          }
        </dd>
        <dt>Operators whose statements count</dt>
        <dd>
          ${
            trust && trust.operators.length > 0
              ? trust.operators.map((name) => markup`${named(name)} `)
              : 'none'
          }
        </dd>
        <dt>Made</dt>
        <dd>${time(report.madeAt)} by ${named(maker.by)} with ${named(maker.tool)}</dd>
        <dt>Command</dt>
        <dd><code>${maker.command}</code></dd>
        <dt>Events of that time in Elasticsearch</dt>
        <dd>
          ${
            population
              ? markup`${population.documents} documents, from
                ${population.oldest === undefined ? 'none' : time(population.oldest)} to
                ${population.newest === undefined ? 'none' : time(population.newest)}, counted at
                ${time(population.at)}; ${population.unreadable} of them were lines that are no audit event`
              : 'there is no stream of events'
          }
        </dd>
      </dl>
      <p class="quiet">
        The verification reads whole batches, so it reads some events just before and after the time. Tables
        count the time alone.
      </p>
      ${pageTable(
        'Logs: each cluster, node and source has one log an epoch, with a key of its own',
        [
          { heading: 'Log' },
          { heading: 'Batches', isNumber: true },
          { heading: 'Events from / to' },
          { heading: 'Newest record' },
          { heading: 'Key' },
          { heading: 'Key from' },
        ],
        logs
          .slice(0, logsMax)
          .map(({ origin, batches, firstEvent, lastEvent, newestSealedAt, vkey, keyFrom }) => [
            named(origin),
            batches,
            firstEvent === undefined
              ? 'none'
              : [markup`<div>${time(firstEvent)}</div>`, markup`<div>${time(lastEvent ?? firstEvent)}</div>`],
            newestSealedAt === undefined ? 'none' : time(newestSealedAt),
            markup`<code>${vkey.slice(vkey.indexOf('+') + 1)}</code>`,
            keyFrom,
          ]),
      )}
      <p class="quiet">${shownOf(Math.min(logsMax, logs.length), logs.length)}</p>
      ${coverage.map(({ cluster, begins, isLate, joined }) => [
        isLate
          ? markup`<p class="attention">
              Of cluster ${named(cluster)} there is nothing before ${time(begins)}: its first log begins then.
            </p>`
          : undefined,
        ...joined.map(
          ({ name, begins: at }) =>
            markup`<p>${named(name)} joined at ${time(at)}, later than others of its cluster.</p>`,
        ),
      ])}`,
  };
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted();
}
