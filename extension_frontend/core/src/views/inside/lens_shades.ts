/** What the cells of a lens are coloured by. */
import type { LensResult } from "../../protocol.js";
import { figure, percent } from "../figures.js";
import { type LensCell, shareOf } from "./lens_cells.js";

export type ShadeName = "likeliest" | "answer" | "rank" | "divergence" | "entropy" | "share";

/** How deep each cell's colour is; with a sign, blue and a dashed border stand below zero. */
export interface Shade {
  readonly signed: boolean;
  /** −1 … 1, or 0 … 1 without a sign. */
  depth(cell: LensCell): number;
  /** What stands at the ends of the scale. */
  readonly ends: readonly [low: string, high: string];
}

interface ShadeRow {
  readonly label: string;
  /** Only where the answer is held against another one. */
  readonly compares: boolean;
  readonly make: (result: LensResult, cells: readonly LensCell[]) => Shade;
}

export const SHADES: Readonly<Record<ShadeName, ShadeRow>> = {
  likeliest: {
    label: "Probability of the likeliest token",
    compares: false,
    make: () => shares(({ likely }) => likely[0]?.probability ?? 0),
  },
  answer: {
    label: "Probability of the answer",
    compares: false,
    make: () => shares(({ probability }) => probability),
  },
  rank: {
    label: "Rank of the answer",
    compares: false,
    make: ({ subject: { vocabulary_size } }) => ({
      signed: false,
      depth: ({ rank }) => 1 - Math.log(Math.max(1, rank)) / Math.log(Math.max(2, vocabulary_size)),
      ends: [`rank ${vocabulary_size.toLocaleString("en")}`, "rank 1, on a logarithmic scale"],
    }),
  },
  share: {
    label: "The answer’s share against the other",
    compares: true,
    make: () => ({
      signed: true,
      depth: (cell) => 2 * (shareOf(cell) ?? 0.5) - 1,
      ends: ["the other alone", "the answer alone"],
    }),
  },
  divergence: {
    label: "Divergence from what the model says",
    compares: false,
    make: (_, cells) => upToLargest(cells, ({ divergence }) => divergence),
  },
  entropy: {
    label: "Entropy",
    compares: false,
    make: (_, cells) => upToLargest(cells, ({ entropy }) => entropy),
  },
};

function shares(depth: (cell: LensCell) => number): Shade {
  return { signed: false, depth, ends: [percent(0), percent(1)] };
}

function upToLargest(cells: readonly LensCell[], value: (cell: LensCell) => number): Shade {
  const largest = cells.reduce((most, cell) => {
    const one = value(cell);
    return Number.isFinite(one) ? Math.max(most, one) : most;
  }, 0);
  return {
    signed: false,
    depth: (cell) => (largest > 0 ? value(cell) / largest : 0),
    ends: ["0", `${figure(largest)} nats`],
  };
}
