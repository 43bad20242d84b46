import { scaleBand, scaleLinear, scaleUtc } from 'd3-scale';
import { area, curveStepAfter, stack } from 'd3-shape';
import type { Slot, TimelineReport } from '../completeness/timeline.ts';
import { markup } from './html.ts';
import type { Html } from './html.ts';

/** Units of the drawing, which scales with the page. */
const width = 720;
const margin = { left: 56, right: 12, top: 14, bottom: 24 };
const height = 190;
const laneHeight = 16;
const nameWidth = 190;
const nameCharsMax = 28;

/** Events that were sealed and lines that were dropped, over the time: two areas, one on top of the other. */
export function volumeChart({ slots, slotSeconds, from }: TimelineReport): Html {
  const keys = ['events', 'dropped'] as const;
  const x = timeScale(slots, slotSeconds, margin.left);
  const top = Math.max(1, ...slots.map(({ events, dropped }) => events + dropped));
  const y = scaleLinear([0, top], [height - margin.bottom, margin.top]).nice();
  const ends = [...slots, { ...slots.at(-1)!, from: endOf(slots, slotSeconds) }];
  const series = stack<Slot, (typeof keys)[number]>().keys(keys)(ends);
  const shape = area<(typeof series)[number][number]>()
    .curve(curveStepAfter)
    .x(({ data }) => x(new Date(data.from)))
    .y0(([low]) => y(low))
    .y1(([, high]) => y(high))
    .digits(1);
  const events = slots.reduce((sum, slot) => sum + slot.events, 0);
  const dropped = slots.reduce((sum, slot) => sum + slot.dropped, 0);
  const ticks = y.ticks(4);
  return markup`<svg
    role="img"
    viewBox="0 0 ${number(width)} ${number(height)}"
    aria-labelledby="volume-title volume-desc"
  >
    <title id="volume-title">Events sealed and lines dropped, over time</title>
    <desc id="volume-desc">
      ${events} events were sealed and ${dropped} lines dropped from ${from} on; the table below has the
      numbers.
    </desc>
    ${ticks.map(
      (tick) =>
        markup`<line
            class="axis"
            x1="${number(margin.left)}"
            x2="${number(width - margin.right)}"
            y1="${number(y(tick))}"
            y2="${number(y(tick))}"
          />
          <text x="${number(margin.left - 6)}" y="${number(y(tick) + 4)}" text-anchor="end">${tick}</text>`,
    )}
    ${series.map((each, at) => markup`<path class="${at === 0 ? 'first' : 'second'}" d="${shape(each) ?? ''}" />`)}
    ${timeAxis(x, height - margin.bottom)}
    <rect class="first" x="${number(margin.left)}" y="0" width="9" height="9" />
    <text x="${number(margin.left + 13)}" y="9">events sealed</text>
    <rect class="second" x="${number(margin.left + 110)}" y="0" width="9" height="9" />
    <text x="${number(margin.left + 123)}" y="9">lines dropped by policy</text>
  </svg>`;
}

/** Of each log, in which slots it sealed batches, and where a batch owns up to a gap. */
export function laneChart({ slots, slotSeconds, lanes }: TimelineReport): Html {
  const x = timeScale(slots, slotSeconds, nameWidth);
  const bottom = margin.top + lanes.length * laneHeight;
  const y = scaleBand(
    lanes.map(({ name }) => name),
    [margin.top, bottom],
  ).paddingInner(0.25);
  const end = new Date(endOf(slots, slotSeconds));
  const begins = [...slots.map((slot) => new Date(slot.from)), end].map((at) => x(at));
  return markup`<svg
    role="img"
    viewBox="0 0 ${number(width)} ${number(bottom + margin.bottom)}"
    aria-labelledby="lanes-title lanes-desc"
  >
    <title id="lanes-title">When each log sealed batches</title>
    <desc id="lanes-desc">
      One line for each log: filled where it has at least one batch, empty where none, with a triangle
      where a batch owns up to a gap.
    </desc>
    ${lanes.map(({ name, batches, gaps }) => {
      const top = y(name) ?? 0;
      const runs = runsOf(batches);
      return markup`<text x="0" y="${number(top + 10)}"
          >${name.length > nameCharsMax ? `…${name.slice(-nameCharsMax)}` : name}</text
        >
        <rect
          class="none"
          x="${number(nameWidth)}"
          y="${number(top)}"
          width="${number(width - margin.right - nameWidth)}"
          height="${number(y.bandwidth())}"
        />
        ${runs.map(
          ([from, to]) =>
            markup`<rect
              class="first"
              x="${number(begins[from]!)}"
              y="${number(top)}"
              width="${number(begins[to]! - begins[from]!)}"
              height="${number(y.bandwidth())}"
            />`,
        )}
        ${gaps.map((count, at) => (count === 0 ? undefined : gapMark((begins[at]! + begins[at + 1]!) / 2, top, y.bandwidth())))}`;
    })}
    ${timeAxis(x, bottom)}
  </svg>`;
}

function gapMark(center: number, top: number, size: number): Html {
  const bottom = top + size;
  return markup`<path
    class="gap"
    d="M${number(center)} ${number(top)}L${number(center + 5)} ${number(bottom)}L${number(center - 5)} ${number(bottom)}Z"
  />`;
}

/** Neighbouring slots with batches, as one: from and to, the end not included. */
function runsOf(batches: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const [at, count] of batches.entries()) {
    if (count === 0) continue;
    const last = runs.at(-1);
    if (last?.[1] === at) last[1] = at + 1;
    else runs.push([at, at + 1]);
  }
  return runs;
}

function timeScale(slots: readonly Slot[], slotSeconds: number, left: number) {
  const domain = [new Date(slots[0]!.from), new Date(endOf(slots, slotSeconds))];
  return scaleUtc(domain, [left, width - margin.right]);
}

function endOf(slots: readonly Slot[], slotSeconds: number): string {
  return new Date(Date.parse(slots.at(-1)!.from) + slotSeconds * 1000).toISOString();
}

/** As many as have room for their labels. */
const ticksMax = 5;
const labelWidth = 80;

function timeAxis(x: ReturnType<typeof timeScale>, top: number): Html {
  const ticks = x.ticks(ticksMax).filter((_, at, all) => at % Math.ceil(all.length / ticksMax) === 0);
  const [first, last] = x.domain() as [Date, Date];
  const isOfDays = last.getTime() - first.getTime() > 4 * 86_400_000;
  return markup`${ticks.map((tick) => {
    const text = tick.toISOString();
    const label = isOfDays ? text.slice(0, 10) : `${text.slice(5, 10)} ${text.slice(11, 16)}`;
    return markup`<line
        class="axis"
        x1="${number(x(tick))}"
        x2="${number(x(tick))}"
        y1="${number(top)}"
        y2="${number(top + 5)}"
      />
      <text x="${number(x(tick))}" y="${number(top + 17)}" text-anchor="${x(tick) > width - labelWidth / 2 ? 'end' : 'middle'}">${label}</text>`;
  })}`;
}

/** As SVG wants it. */
function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}
