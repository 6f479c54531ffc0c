/** The joining rules that Python has too, on the cases that both read: `tests/grain_cases.json`. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { type Grain, grainsOf, joinRows } from "../../extension_frontend/core/src/grain.js";
import { tokenRows } from "../../extension_frontend/core/src/heat.js";
import type { Token } from "../../extension_frontend/core/src/protocol.js";
import { sampleResult, tokensOf } from "./sample_result.js";

type Case = Readonly<Record<Exclude<Grain, "token">, number[][]>> & {
  readonly name: string;
  readonly tokens: readonly { text: string; special?: boolean; segment?: number; same?: boolean }[];
};

const { cases } = JSON.parse(readFileSync(new URL("../grain_cases.json", import.meta.url), "utf-8")) as {
  cases: Case[];
};

/** Tokens as the kernel sends them: offsets in code points, special ones covering nothing. */
function made(one: Case): Token[] {
  let at = 0;
  let last = 0;
  return one.tokens.map(({ text, special = false, segment = null, same = false }, index) => {
    const start = same ? last : at;
    const end = special ? start : start + Array.from(text).length;
    [last, at] = [start, end];
    return { index, id: index, text, start, end, special, segment };
  });
}

describe.each(cases)("$name", (one) => {
  const tokens = made(one);
  const scores = [tokens.map((_, index) => (index % 2 ? -1 : 1) * 2 ** index)];
  const result = sampleResult({ tokens, scores });

  test.each(["word", "sentence", "line", "message"] as const)("by %s", (grain) => {
    const rows = joinRows(result, tokenRows(result), grain);
    expect(rows.map((row) => row.tokens)).toEqual(one[grain]);
    expect(rows.map((row) => row.score)).toEqual(
      one[grain].map((group) => group.reduce((sum, index) => sum + (scores[0]?.[index] ?? 0), 0)),
    );
  });
});

test("sentences are offered only where they are not the lines", () => {
  const grains = (pieces: string[]) => grainsOf(sampleResult(tokensOf(pieces)));
  expect(grains(["One", ".", " Two"])).toEqual(["token", "word", "sentence"]);
  expect(grains(["One", ".", "\n", "Two"])).toEqual(["token", "word", "line"]);
  expect(grains(["One", ".", "\n", "Two", "!", " x"])).toEqual(["token", "word", "sentence", "line"]);
});
