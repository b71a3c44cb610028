import { svg } from "./dom.ts";
import { t } from "./lang.ts";
import { quantile } from "./measure.ts";

// Lengths are units of the drawing. A unit is a pixel, so letters have their usual size.
const MAX_WIDTH = 720;
const MIN_WIDTH = 280;
const LEFT = 16;
const BINS = 48;
const HISTOGRAM = 110;
const GAP = 46;

export interface Series {
  name: string;
  className: string;
  /** Microseconds, ascending. */
  samples: readonly number[];
}

/**
 * Draws histograms on one axis, each with its median.
 *
 * @param available the width in pixels
 */
export function plot(series: readonly Series[], available: number): SVGElement {
  const width = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, Math.round(available)));
  // The slowest hundredth goes into the last bin: its range would compress the others.
  const end = Math.max(...series.map(({ samples }) => quantile(samples, 0.99))) * 1.15;
  const height = series.length * (HISTOGRAM + GAP) + 30;
  const x = (value: number) => LEFT + (Math.min(value, end) / end) * (width - 2 * LEFT);
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "plot" });
  const medians = series
    .map(({ name, samples }) => `${name}: ${microseconds(quantile(samples, 0.5))}`)
    .join(", ");
  drawing.append(
    svg(
      "title",
      {},
      t(
        `검증 한 번에 걸린 시간의 분포. 중앙값 ${medians}`,
        `Distribution of the time for one verification. Medians: ${medians}`,
      ),
    ),
  );
  const scale = { x, end, width };
  series.forEach((each, index) =>
    drawing.append(histogram(each, index * (HISTOGRAM + GAP), scale)),
  );
  const base = height - 24;
  for (const value of ticks(end, width < 480 ? 3 : 5)) {
    drawing.append(
      svg("line", { x1: x(value), x2: x(value), y1: base - 6, y2: base, class: "axis" }),
      svg(
        "text",
        { x: x(value), y: base + 16, "text-anchor": "middle", class: "message" },
        `${value} µs`,
      ),
    );
  }
  drawing.append(
    svg("line", { x1: LEFT, x2: width - LEFT, y1: base - 6, y2: base - 6, class: "axis" }),
  );
  return drawing;
}

/** The common axis. */
interface Scale {
  /** Converts microseconds to a position. */
  x: (value: number) => number;
  /** The largest value, in microseconds. */
  end: number;
  width: number;
}

function histogram(
  { name, className, samples }: Series,
  top: number,
  { x, end, width }: Scale,
): SVGElement {
  const counts = new Array<number>(BINS).fill(0);
  for (const sample of samples) {
    const bin = Math.min(BINS - 1, Math.floor((sample / end) * BINS));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const max = Math.max(...counts);
  const floor = top + GAP + HISTOGRAM - 20;
  const binWidth = (width - 2 * LEFT) / BINS;
  const bars = counts.map((count, bin) => {
    const height = (count / max) * (HISTOGRAM - 20);
    return svg("rect", {
      x: LEFT + bin * binWidth + 0.5,
      y: floor - height,
      width: binWidth - 1,
      height,
      rx: 2,
    });
  });
  const median = quantile(samples, 0.5);
  return svg(
    "g",
    { class: className },
    ...bars,
    svg("line", { x1: x(median), x2: x(median), y1: top + 30, y2: floor, class: "median" }),
    svg(
      "text",
      { x: LEFT, y: top + 22, class: "series" },
      `${name} · ${t("중앙값", "median")} ${microseconds(median)}`,
    ),
    svg("line", { x1: LEFT, x2: width - LEFT, y1: floor, y2: floor, class: "axis" }),
  );
}

/** Returns at most `max` round values along the axis. */
function ticks(end: number, max: number): number[] {
  const rough = end / max;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((size) => size >= rough) ?? unit;
  const values: number[] = [];
  for (let value = 0; value < end; value += step) {
    values.push(Number(value.toPrecision(6)));
  }
  return values;
}

export function microseconds(value: number): string {
  return `${value >= 100 ? Math.round(value) : value.toFixed(1)} µs`;
}
