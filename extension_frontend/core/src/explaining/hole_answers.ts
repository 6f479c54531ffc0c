import type { HoleExpression } from "../protocol.js";
import type { PaneQuestion } from "../views/pane_state.js";

/**
 * What a person has answered about the holes of one prompt.
 *
 * Kept by what is written in the hole: whoever edits a hole has said nothing about the new one.
 */
export class HoleAnswers {
  private readonly agreed = new Set<string>();
  private readonly refused = new Set<string>();
  private readonly typed = new Map<string, string>();

  /** "Run it": the expressions asked about may be evaluated. */
  agree(question: PaneQuestion): void {
    if (question.ask !== "consent") return;
    for (const expression of question.expressions) this.agreed.add(holeKey(expression));
  }

  /** "Type the values instead". */
  refuse(question: PaneQuestion): void {
    if (question.ask !== "consent") return;
    for (const expression of question.expressions) this.refused.add(holeKey(expression));
  }

  /** Values for the holes asked about, in their order. */
  type(question: PaneQuestion, values: readonly string[]): void {
    if (question.ask !== "holes") return;
    question.holes.forEach(({ expression }, index) => {
      this.typed.set(holeKey(expression), values[index] ?? "");
    });
  }

  mayEvaluate(expression: HoleExpression): boolean {
    return this.agreed.has(holeKey(expression));
  }

  ratherTyped(expression: HoleExpression): boolean {
    return this.refused.has(holeKey(expression));
  }

  typedFor(expression: HoleExpression): string | null {
    return this.typed.get(holeKey(expression)) ?? null;
  }
}

/** All that stands between the braces. */
export function holeKey({ source, conversion, format_spec }: HoleExpression): string {
  return JSON.stringify([source, conversion, format_spec]);
}
