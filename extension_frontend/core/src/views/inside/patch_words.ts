/** What can be patched and how, in words. */

import { visibleToken } from "../../heat.js";
import type { Direction, GridName, MetricName, PatchResult, SiteName } from "../../protocol.js";

interface SiteWords {
  readonly label: string;
  /** The maps it can be shown as, the usual one first. */
  readonly grids: readonly [GridName, ...GridName[]];
  /** Its heads are those of attention weights; keys and values may have fewer. */
  readonly attends: boolean;
}

const BY_HEAD = ["head", "head_position"] as const;

export const SITES: Readonly<Record<SiteName, SiteWords>> = {
  resid_pre: { label: "Residual stream before the layer", grids: ["position"], attends: false },
  attn_out: { label: "Attention output", grids: ["position"], attends: false },
  mlp_out: { label: "MLP output", grids: ["position"], attends: false },
  z: { label: "Head output", grids: BY_HEAD, attends: true },
  q: { label: "Queries", grids: BY_HEAD, attends: true },
  k: { label: "Keys", grids: BY_HEAD, attends: false },
  v: { label: "Values", grids: BY_HEAD, attends: false },
  pattern: { label: "Attention pattern", grids: BY_HEAD, attends: true },
};

export const GRIDS: Readonly<Record<GridName, string>> = {
  position: "layer by position",
  head: "layer by head",
  head_position: "head by position",
};

export const METRICS: Readonly<Record<MetricName, string>> = {
  logit_difference: "Logit difference of the answers",
  log_prob: "Log-probability of the answer",
  prob: "Probability of the answer",
  kl: "KL divergence from the clean prediction",
  loss: "Loss on the clean text",
};

/** Metrics that two answers can be compared by. */
export function comparesAnswers(metric: MetricName): boolean {
  return metric !== "kl" && metric !== "loss";
}

interface DirectionWords {
  readonly label: string;
  readonly asks: string;
}

export const DIRECTIONS: Readonly<Record<Direction, DirectionWords>> = {
  denoising: {
    label: "Restore (denoising)",
    asks: "Each activation of this prompt is put into the run of the other: which one brings the answer back?",
  },
  noising: {
    label: "Break (noising)",
    asks: "Each activation of the other prompt is put into the run of this one: which one takes the answer away?",
  },
};

/** What was patched into what, and what was read, as Python words it. */
export function headline({ direction, metric, right, wrong }: PatchResult): string {
  const [source, target] = direction === "noising" ? ["corrupted", "clean"] : ["clean", "corrupted"];
  const answers =
    right === null
      ? ""
      : ` of ${visibleToken(right.text)}${wrong === null ? "" : ` over ${visibleToken(wrong.text)}`}`;
  return `${metric}${answers}, ${source} activations in the ${target} run`;
}

/** What the numbers of the colours are. */
export function unit({ refused, direction, metric }: PatchResult): string {
  if (refused !== null) return `change of the ${metric}`;
  const [patched, other] = direction === "noising" ? ["clean", "corrupted"] : ["corrupted", "clean"];
  return `0: as in the ${patched} run, 1: as in the ${other} one`;
}

/** The run that a cell moves the answer to. */
export function towards({ direction }: PatchResult): "clean" | "corrupted" {
  return direction === "noising" ? "corrupted" : "clean";
}
