import { svg } from "./dom.ts";
import { t } from "./lang.ts";
import { quantile } from "./measure.ts";

/** Units of the drawing, one to a pixel, so that its letters are as large as all others. */
const WIDEST = 720;
const NARROWEST = 280;
const LEFT = 16;
const BINS = 48;
const PLOT = 110;
const GAP = 46;

export interface Series {
  name: string;
  className: string;
  /** Microseconds, ascending. */
  samples: readonly number[];
}

/** Histograms on one common axis, each with its median; `room`: pixels from side to side. */
export function plot(series: readonly Series[], room: number): SVGElement {
  const width = Math.min(WIDEST, Math.max(NARROWEST, Math.round(room)));
  // The slowest hundredth would squeeze everything else together; it counts in the last bin.
  const end = Math.max(...series.map(({ samples }) => quantile(samples, 0.99))) * 1.15;
  const height = series.length * (PLOT + GAP) + 30;
  const x = (value: number) => LEFT + (Math.min(value, end) / end) * (width - 2 * LEFT);
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "plot" });
  const medians = series.map(({ name, samples }) => `${name}: ${microseconds(quantile(samples, 0.5))}`).join(", ");
  drawing.append(svg("title", {}, t(`검증 한 번에 걸린 시간의 분포. 중앙값 ${medians}`, `Distribution of the time for one verification. Medians: ${medians}`)));
  series.forEach(({ name, className, samples }, place) => drawing.append(histogram(name, className, samples, place * (PLOT + GAP), x, end, width)));
  const base = height - 24;
  for (const value of ticks(end, width < 480 ? 3 : 5)) {
    drawing.append(
      svg("line", { x1: x(value), x2: x(value), y1: base - 6, y2: base, class: "axis" }),
      svg("text", { x: x(value), y: base + 16, "text-anchor": "middle", class: "message" }, `${value} µs`),
    );
  }
  drawing.append(svg("line", { x1: LEFT, x2: width - LEFT, y1: base - 6, y2: base - 6, class: "axis" }));
  return drawing;
}

function histogram(name: string, className: string, samples: readonly number[], top: number, x: (value: number) => number, end: number, room: number): SVGElement {
  const counts = new Array<number>(BINS).fill(0);
  for (const sample of samples) {
    const bin = Math.min(BINS - 1, Math.floor((sample / end) * BINS));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  const floor = top + GAP + PLOT - 20;
  const width = (room - 2 * LEFT) / BINS;
  const bars = counts.map((count, bin) => {
    const high = (count / most) * (PLOT - 20);
    return svg("rect", { x: LEFT + bin * width + 0.5, y: floor - high, width: width - 1, height: high, rx: 2 });
  });
  const median = quantile(samples, 0.5);
  return svg(
    "g",
    { class: className },
    ...bars,
    svg("line", { x1: x(median), x2: x(median), y1: top + 30, y2: floor, class: "median" }),
    svg("text", { x: LEFT, y: top + 22, class: "series" }, `${name} · ${t("중앙값", "median")} ${microseconds(median)}`),
    svg("line", { x1: LEFT, x2: room - LEFT, y1: floor, y2: floor, class: "axis" }),
  );
}

/** Round values along the axis, so many or fewer. */
function ticks(end: number, most: number): number[] {
  const rough = end / most;
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
