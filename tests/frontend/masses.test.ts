/** Truth: the parts of a prompt share out all of its magnitude, and each hole bears its expression's name. */
import { expect, test } from "vitest";
import { grainsOf, joinRows } from "../../extension_frontend/core/src/grain.js";
import { tokenRows } from "../../extension_frontend/core/src/heat.js";
import { holeTokens } from "../../extension_frontend/core/src/prompt_alignment.js";
import {
  findPrompt,
  type PromptTemplate,
  resolveTemplate,
} from "../../extension_frontend/core/src/prompt_source.js";
import { massesOf } from "../../extension_frontend/core/src/views/masses.js";
import { sampleResult, tokensOf } from "./sample_result.js";

function templateOf(source: string): PromptTemplate {
  const found = findPrompt(source, { from: 8, to: 8 }, "python");
  if (found.kind !== "text") throw new Error(found.kind);
  return found.template;
}

/** "From {town} to {town!r}, by {way}": the second token reaches into the first hole. */
const SOURCE = 'ask(f"From {town} to {town!r}, by {way}")';
const PROMPT = resolveTemplate(templateOf(SOURCE), ["Rome", "'Rome'", "ferry"]);
const PIECES = ["From", " R", "ome", " to", " '", "Rome", "'", ", by", " fer", "ry"];
const { text, tokens } = tokensOf(PIECES);
const RESULT = sampleResult({ text, tokens, scores: [[1, 2, -3, 4, 1, 5, 1, -1, 1, 1]] });
const HOLES = holeTokens(RESULT, [PROMPT]);

test("each hole has the tokens that touch it, as it is written", () => {
  expect(HOLES).toEqual([
    { expression: "town", tokens: [1, 2] },
    { expression: "town!r", tokens: [4, 5, 6] },
    { expression: "way", tokens: [8, 9] },
  ]);
});

test("holes are a grain: one row each, the text between joined, and no score lost", () => {
  expect(grainsOf(RESULT, HOLES)).toContain("hole");
  const rows = joinRows(RESULT, tokenRows(RESULT), "hole", HOLES);
  expect(rows.map((row) => [row.shown, row.score])).toEqual([
    ["From", 1],
    ["{town}", -1],
    ["·to", 4],
    ["{town!r}", 7],
    [", by", -1],
    ["{way}", 2],
  ]);
});

test("a prompt that is one value has no holes to tell apart", () => {
  const whole = resolveTemplate(templateOf('ask(f"{town} ")'), ["Rome"]);
  const said = tokensOf(["Rome", " "]);
  const result = sampleResult({ ...said, scores: [[1, 0]] });
  expect(holeTokens(result, [whole])).toEqual([{ expression: "town", tokens: [0] }]);
  const bare = resolveTemplate(templateOf('ask(f"{town}")'), ["Rome"]);
  expect(holeTokens(sampleResult({ ...tokensOf(["Rome"]), scores: [[1]] }), [bare])).toEqual([]);
});

test("the shares of a division add up to 1, the text around the holes included", () => {
  const [division = []] = massesOf(RESULT, HOLES, null);
  expect(division.map(({ name, score }) => [name, score])).toEqual([
    ["{town}", -1],
    ["{town!r}", 7],
    ["{way}", 2],
    ["the text around", 4],
  ]);
  expect(division.map(({ share }) => share)).toEqual([5 / 20, 7 / 20, 2 / 20, 6 / 20]);
});

test("of a conversation each role has its mass, and the template its own", () => {
  const said = tokensOf([{ special: "<s>" }, "Be kind", { special: "</s>" }, "Who", " am I"]);
  const chat = sampleResult({
    text: said.text,
    tokens: said.tokens.map((token) => ({
      ...token,
      segment: token.special ? null : token.index === 1 ? 0 : 1,
    })),
    segments: [
      { role: "system", start: 0, end: 7 },
      { role: "user", start: 7, end: 15 },
    ],
    scores: [[2, -1, 2, 3, 2]],
  });
  expect(massesOf(chat, [], null)).toEqual([
    [
      { name: "system", kind: "role", share: 0.1, score: -1 },
      { name: "user", kind: "role", share: 0.5, score: 5 },
      { name: "template and special tokens", kind: "template", share: 0.4, score: 4 },
    ],
  ]);
});

test("one piece has no parts", () => {
  expect(massesOf(sampleResult(), [], null)).toEqual([]);
});
