/** What is said of a head in figures, and which of them colours the grid. */
import type { HeadFigures } from "../../protocol.js";
import { correlation, percent } from "../figures.js";

export type FigureName =
  | "entropy_share"
  | "sink_share"
  | "previous_share"
  | "diagonal_share"
  | "gradient_correlation";

export interface FigureKind {
  /** In the menu. */
  readonly label: string;
  /** What the ends of its scale are. */
  readonly low: string;
  readonly high: string;
  /** −1 to 1, not 0 to 1. */
  readonly signed: boolean;
}

export const HEAD_FIGURES: Readonly<Record<FigureName, FigureKind>> = {
  entropy_share: {
    label: "Entropy",
    low: "0 %: all on one token",
    high: "100 %: spread evenly",
    signed: false,
  },
  sink_share: { label: "First token (sink)", low: "0 %", high: "100 % on the first token", signed: false },
  previous_share: { label: "Previous token", low: "0 %", high: "100 % on the token before", signed: false },
  diagonal_share: { label: "Itself (diagonal)", low: "0 %", high: "100 % on itself", signed: false },
  gradient_correlation: {
    label: "Correlation with the gradient",
    low: "−1: opposite ranking",
    high: "+1: same ranking",
    signed: true,
  },
};

export const FIGURE_NAMES = Object.keys(HEAD_FIGURES) as readonly FigureName[];

/** "Layer 1, head 2". Both count from 0, as in the model's code. */
export function headName({ layer, head }: { readonly layer: number; readonly head: number }): string {
  return `Layer ${layer}, head ${head}`;
}

/** "41 %", "+0.90"; "none" where there was nothing to rank. */
export function figureSaid(value: number | null, name: FigureName): string {
  if (value === null) return "none";
  return HEAD_FIGURES[name].signed ? correlation(value, true) : percent(value);
}

/** One line on a head: name and all its figures. */
export function headSentence(figures: HeadFigures): string {
  const shares = [
    `first token ${percent(figures.sink_share)}`,
    `previous ${percent(figures.previous_share)}`,
    `itself ${percent(figures.diagonal_share)}`,
    figures.special_share > 0 ? `special tokens ${percent(figures.special_share)}` : null,
    `rank correlation with the gradient ${figureSaid(figures.gradient_correlation, "gradient_correlation")}`,
  ].filter((part) => part !== null);
  return `${headName(figures)}: entropy ${percent(figures.entropy_share)} of uniform · ${shares.join(" · ")}`;
}

/** How spread it is, and how much of it rests on the first token. */
export function entropySentence({ entropy, entropy_share, sink_share }: HeadFigures): string {
  return `Entropy ${entropy.toFixed(2)} nats, ${percent(entropy_share)} of uniform. The first token takes ${percent(sink_share)} of all it reads.`;
}

/** Mean over heads; null where none has the figure. */
export function meanOf(heads: readonly HeadFigures[], name: FigureName): number | null {
  const values = heads.map((head) => head[name]).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How far the mean over all heads ranks tokens as the gradient does; null where there is nothing to compare. */
export function correlationWords(value: number | null): string | null {
  if (value === null) return null;
  if (value >= 0.7) return "Here the two rank the tokens much alike.";
  if (value >= 0.3) return "Here they agree in part.";
  if (value > -0.3) return "Here they hardly agree: what is looked at is not what the answer hangs on.";
  return "Here they disagree: what is looked at most is not what the answer hangs on.";
}
