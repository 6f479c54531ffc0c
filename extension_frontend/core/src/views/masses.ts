/** How much of the whole magnitude sits in each part of the prompt: its messages, or its f-string holes. */
import type { HoleTokens } from "../grain.js";
import { tokenScores } from "../heat.js";
import type { AttributionResult } from "../protocol.js";
import { type Child, element } from "./element.js";
import { figure, percent } from "./figures.js";

/** One part of a division of the prompt; the shares of all its parts add up to 1. */
export interface Mass {
  readonly name: string;
  /** Σ|score| of its tokens over that of all tokens, special ones included. */
  readonly share: number;
  /** Signed sum of its scores. */
  readonly score: number;
  readonly kind: "role" | "hole" | "text" | "template";
}

/** The divisions of a result's prompt: by role, by hole; none where it is one piece. */
export function massesOf(
  result: AttributionResult,
  holes: readonly HoleTokens[],
  rows: readonly number[] | null,
): Mass[][] {
  const scores = tokenScores(result, rows);
  const total = scores.reduce((sum, score) => sum + Math.abs(score), 0);
  if (total === 0) return [];
  const part = (name: string, kind: Mass["kind"], tokens: readonly number[]): Mass => ({
    name,
    kind,
    share: tokens.reduce((sum, token) => sum + Math.abs(scores[token] ?? 0), 0) / total,
    score: tokens.reduce((sum, token) => sum + (scores[token] ?? 0), 0),
  });
  const where = (test: (token: AttributionResult["tokens"][number]) => boolean) =>
    result.tokens.filter(test).map((token) => token.index);
  const template = part(
    "template and special tokens",
    "template",
    where((token) => token.special),
  );
  return [
    ...(result.segments.length > 1 ? [roleMasses(result, where, part)] : []),
    ...(holes.length > 0 ? [holeMasses(holes, where, part)] : []),
  ].map((parts) => (template.share > 0 ? [...parts, template] : parts));
}

type Where = (test: (token: AttributionResult["tokens"][number]) => boolean) => number[];
type Part = (name: string, kind: Mass["kind"], tokens: readonly number[]) => Mass;

/** A hole that stands in the prompt twice is one part. */
function holeMasses(holes: readonly HoleTokens[], where: Where, part: Part): Mass[] {
  const byName = new Map<string, number[]>();
  for (const { expression, tokens } of holes) {
    byName.set(expression, [...(byName.get(expression) ?? []), ...tokens]);
  }
  const inHoles = new Set(holes.flatMap((hole) => hole.tokens));
  const text = where((token) => !token.special && !inHoles.has(token.index));
  return [
    ...[...byName].map(([expression, tokens]) => part(`{${expression}}`, "hole", tokens)),
    ...(text.length === 0 ? [] : [part("the text around", "text", text)]),
  ];
}

/** One part for each role: several messages of the user are the user's. */
function roleMasses({ segments }: AttributionResult, where: Where, part: Part): Mass[] {
  const roles = [...new Set(segments.map((segment) => segment.role))];
  const roleOf = (segment: number | null) => (segment === null ? null : (segments[segment]?.role ?? null));
  const named = roles.map((role) =>
    part(
      role,
      "role",
      where((token) => !token.special && roleOf(token.segment) === role),
    ),
  );
  const other = where((token) => !token.special && roleOf(token.segment) === null);
  return other.length === 0 ? named : [...named, part("between the messages", "text", other)];
}

/** A bar of parts, and each of them in words. */
export function massBlock(divisions: readonly (readonly Mass[])[], signed: boolean): Child[] {
  return divisions.map((masses) =>
    element(
      "ul",
      { class: "gp-masses", "aria-label": "Parts of the prompt and their share of the magnitude" },
      masses.map(({ name, share, score, kind }) =>
        element(
          "li",
          {
            class: `gp-mass gp-mass-${kind}`,
            "--gp-share": share.toFixed(4),
            title: `Its scores add up to ${figure(score, signed)}`,
          },
          [
            element("span", { class: kind === "hole" ? "gp-code" : null }, [name]),
            element("span", { class: "gp-mass-bar", "aria-hidden": "true" }),
            element("span", { class: "gp-mass-share" }, [percent(share)]),
          ],
        ),
      ),
    ),
  );
}
