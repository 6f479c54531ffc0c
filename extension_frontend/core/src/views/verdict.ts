/** Better than random, no better, worse: told apart by sign and word, not by colour alone. */
import type { FaithfulnessResult, Verdict } from "../protocol.js";
import { element } from "./element.js";
import { upperFirst } from "./figures.js";

export const STANDING: Readonly<Record<Verdict, Standing>> = {
  "better than random": "better",
  "no better than random": "same",
  "worse than random": "worse",
};

export const VERDICT_SIGN = { better: "✓", same: "≈", worse: "✗" } as const;

export type Standing = "better" | "same" | "worse";

/** A verdict as sign and words. `short`: it stands among figures. */
export function badge(standing: Standing, sign: string, said: string, short = false): HTMLElement {
  return element("span", { class: `gp-verdict gp-verdict-${standing}${short ? " gp-verdict-short" : ""}` }, [
    element("span", { class: "gp-verdict-sign", "aria-hidden": "true" }, [sign]),
    said,
  ]);
}

/** `short`: where what it is better than stands beside it. */
export function verdictBadge(verdict: Verdict, short = false): HTMLElement {
  const standing = STANDING[verdict];
  const said = short ? verdict.replace(" than random", "") : upperFirst(verdict);
  return badge(standing, VERDICT_SIGN[standing], said, short);
}

/** "Better than 39 of 40 random rankings"; where it is not better, the whole sentence. */
export function verdictInShort({
  verdict,
  beats,
  rankings,
  every_ranking,
  sentence,
}: Pick<FaithfulnessResult, "verdict" | "beats" | "rankings" | "every_ranking" | "sentence">): string {
  if (verdict !== "better than random") return sentence;
  const beaten = Math.round(beats * rankings).toLocaleString("en");
  const those = rankings.toLocaleString("en");
  return every_ranking
    ? `Better than ${beaten} of all ${those} rankings of its tokens`
    : `Better than ${beaten} of ${those} random rankings`;
}
