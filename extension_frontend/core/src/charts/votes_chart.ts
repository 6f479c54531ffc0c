/** How often each answer was given, with the interval of the most frequent one, and what could not be read. */
import type { AnswerVotes, Proportion } from "../protocol.js";
import { fitted } from "./fitting.js";
import { chart, type SvgChild, svg } from "./svg.js";

const ROW = 22;
const LABEL = 96;
const BARS = 190;
const VALUE = 74;
const HEAD = 24;
const WIDTH = LABEL + BARS + VALUE;

/** Answers with a bar of their own; all others have one together. */
const MOST = 8;

interface Row {
  readonly label: string;
  readonly count: number;
  readonly look: "unsigned" | "rest";
  readonly interval: Proportion | null;
}

export function votesChart(votes: AnswerVotes): SVGSVGElement {
  const ranked = Object.entries(votes.votes).sort(([, one], [, other]) => other - one);
  const read = ranked.reduce((sum, [, count]) => sum + count, 0);
  const all = votes.unparsed.estimate < 1 ? Math.round(read / (1 - votes.unparsed.estimate)) : read;
  const others = ranked.slice(MOST).reduce((sum, [, count]) => sum + count, 0);
  const rows: Row[] = [
    ...ranked.slice(0, MOST).map(([label, count]): Row => {
      const interval = label === votes.majority ? votes.agreement : null;
      return { label, count, look: "unsigned", interval };
    }),
    ...(others > 0
      ? [{ label: `${ranked.length - MOST} others`, count: others, look: "rest", interval: null } as const]
      : []),
    { label: "not read", count: all - read, look: "rest", interval: votes.unparsed },
  ];
  const height = HEAD + rows.length * ROW + 4;
  const x = (share: number) => LABEL + share * BARS;
  const name = "Answers of independent chains";
  return chart({ width: WIDTH, height, name }, [
    svg("text", { x: 0, y: 13, class: "gp-chart-title" }, [name]),
    svg("line", { class: "gp-chart-axis", x1: LABEL, x2: LABEL, y1: HEAD - 4, y2: height }),
    ...rows.flatMap(({ label, count, look, interval }, index): SvgChild[] => {
      const y = HEAD + index * ROW;
      const share = all > 0 ? count / all : 0;
      return [
        svg(
          "text",
          {
            class: look === "rest" ? "gp-chart-quiet" : "gp-chart-code",
            x: LABEL - 6,
            y: y + 14,
            "text-anchor": "end",
          },
          [fitted(label, 13)],
        ),
        svg("rect", {
          class: `gp-chart-bar gp-chart-${look}`,
          x: LABEL,
          y: y + 3,
          width: share * BARS,
          height: ROW - 8,
        }),
        ...(interval === null
          ? []
          : [
              svg("path", {
                class: "gp-probe-whisker",
                d: `M${x(interval.low)},${y + 6}v8m0,-4H${x(interval.high)}m0,-4v8`,
              }),
            ]),
        svg("text", { class: "gp-chart-number", x: LABEL + BARS + 6, y: y + 14 }, [`${count} of ${all}`]),
      ];
    }),
  ]);
}
