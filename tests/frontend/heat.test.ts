/**
 * Truth: conservation. Whatever the tokenizer and the prompt's holes do, every written token's score stands in exactly
 * one mark, and marks never overlap. Fixed cases are worked out by hand.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grainsOf, joinRows } from "../../extension_frontend/core/src/grain.js";
import { type HeatMark, heatMarks, tokenRows, visibleToken } from "../../extension_frontend/core/src/heat.js";
import {
  findPrompt,
  holesOf,
  type ResolvedPrompt,
  resolveTemplate,
  templatesOf,
} from "../../extension_frontend/core/src/prompt_source.js";
import type { Token } from "../../extension_frontend/core/src/protocol.js";
import { sampleResult, tokensOf } from "./sample_result.js";

function resolved(source: string, at: number, values: Record<string, string> = {}): ResolvedPrompt[] {
  return templatesOf(findPrompt(source, { from: at, to: at }, "python")).map((template) =>
    resolveTemplate(
      template,
      holesOf(template).map((hole) => values[hole.expression.source] ?? "?"),
    ),
  );
}

function promptOf(source: string, values: Record<string, string> = {}): ResolvedPrompt {
  const [prompt] = resolved(source, source.search(/["']/) + 1, values);
  if (prompt === undefined) throw new Error(`no prompt in ${source}`);
  return prompt;
}

const written = (source: string, mark: HeatMark) =>
  mark.spans.map((span) => source.slice(span.from, span.to));
const near = (value: number) => expect.closeTo(value, 10);

/** Cuts a text into tokens at random places; some share their characters, some cover none, some are special. */
const cutting = fc.record({
  cuts: fc.array(fc.nat(1000), { maxLength: 20 }),
  copies: fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }),
  specials: fc.array(fc.nat(30), { maxLength: 3 }),
  scores: fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 60 }),
});

function cut(
  text: string,
  { cuts, copies, specials, scores }: typeof cutting extends fc.Arbitrary<infer T> ? T : never,
) {
  const length = Array.from(text).length;
  const edges = [...new Set([0, ...cuts.map((place) => place % (length + 1)), length])].sort((a, b) => a - b);
  const tokens: Token[] = [];
  const add = (start: number, end: number, special: boolean) =>
    tokens.push({
      index: tokens.length,
      id: 1,
      text: special ? "<s>" : Array.from(text).slice(start, end).join(""),
      start,
      end,
      special,
      segment: null,
    });
  edges.slice(0, -1).forEach((start, order) => {
    if (specials.includes(order)) add(start, start, true);
    const end = edges[order + 1] ?? start;
    for (let copy = copies[order % copies.length] ?? 0; copy >= 0; copy -= 1) add(start, end, false);
    if (cuts[order] === 0) add(end, end, false);
  });
  return { tokens, scores: [tokens.map((_, index) => scores[index % scores.length] ?? 0)] };
}

describe("no score is lost or counted twice", () => {
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom("a", " word", "🙂", "e\u0301", "\\n", "\\t", "\\U0001F600", "{{", "漢"),
      fc.constantFrom("{x}", "{y}", "{x!r}"),
      fc.constant('" f"'),
    ),
    { minLength: 1, maxLength: 12 },
  );
  test("over any cutting of any f-string", () => {
    fc.assert(
      fc.property(pieces, fc.string({ unit: "grapheme" }), cutting, (parts, value, how) => {
        const source = `f"${parts.join("")}"`;
        const prompt = promptOf(source, { x: value, y: "Paris 🙂" });
        fc.pre(prompt.text !== "");
        const { tokens, scores } = cut(prompt.text, how);
        const result = sampleResult({ text: prompt.text, tokens, scores });
        const marks = heatMarks(result, prompt);
        const drawn = marks.flatMap((mark) => mark.tokens);
        const ordinary = tokens.filter((token) => !token.special).map((token) => token.index);
        expect([...drawn].sort((a, b) => a - b)).toEqual(ordinary);
        const sum = ordinary.reduce((total, index) => total + (scores[0]?.[index] ?? 0), 0);
        expect(marks.reduce((total, mark) => total + mark.score, 0)).toBeCloseTo(sum, 8);
        const spans = marks.flatMap((mark) => mark.spans).sort((a, b) => a.from - b.from);
        spans.forEach((span, index) => {
          expect(span.from).toBeLessThan(span.to);
          expect(span.from).toBeGreaterThanOrEqual(spans[index - 1]?.to ?? 0);
        });
        for (const mark of marks) {
          expect(Math.abs(mark.level)).toBeLessThanOrEqual(5);
          if (mark.level !== 0) expect(Math.sign(mark.level)).toBe(Math.sign(mark.score));
        }
        const strongest = Math.max(...marks.map((mark) => Math.abs(mark.score)));
        if (strongest > 0) expect(Math.max(...marks.map((mark) => Math.abs(mark.level)))).toBe(5);
      }),
      { seed: 3, numRuns: 1500 },
    );
  });
});

describe("by hand", () => {
  test("each token of a plain prompt is a mark with its share", () => {
    const source = 'p = "The capital of France is"';
    const marks = heatMarks(sampleResult(), promptOf(source));
    expect(marks.map((mark) => written(source, mark).join("|"))).toEqual([
      "The",
      " capital",
      " of",
      " France",
      " is",
    ]);
    expect(marks.map((mark) => mark.level)).toEqual([1, 2, -1, 5, 0]);
    expect(marks.map((mark) => mark.sign)).toEqual(["for", "for", "against", "for", "against"]);
    expect(marks[3]?.share).toBeCloseTo(0.87 / 1.5, 12);
  });

  test("three byte tokens of one emoji are one mark", () => {
    const source = 'p = "a🙂b"';
    const tokens: Token[] = [
      { index: 0, id: 1, text: "a", start: 0, end: 1, special: false, segment: null },
      ...[1, 2, 3].map((index) => ({
        index,
        id: index,
        text: "🙂",
        start: 1,
        end: 2,
        special: false,
        segment: null,
      })),
      { index: 4, id: 9, text: "b", start: 2, end: 3, special: false, segment: null },
    ];
    const result = sampleResult({ text: "a🙂b", tokens, scores: [[0.1, 0.5, -0.2, 0.3, 0]] });
    const marks = heatMarks(result, promptOf(source));
    expect(marks.map((mark) => [written(source, mark).join(), mark.score, mark.tokens])).toEqual([
      ["a", 0.1, [0]],
      ["🙂", near(0.6), [1, 2, 3]],
      ["b", 0, [4]],
    ]);
    expect(tokenRows(result).map((row) => row.piece)).toEqual([
      null,
      { at: 1, of: 3 },
      { at: 2, of: 3 },
      { at: 3, of: 3 },
      null,
    ]);
  });

  test("a hole takes the sum of its tokens, with one that reaches out of it", () => {
    const source = 'p = f"in {city} now"';
    const { text, tokens } = tokensOf(["in", " New", " York n", "ow"]);
    const marks = heatMarks(
      sampleResult({ text, tokens, scores: [[1, 2, 4, -8]] }),
      promptOf(source, { city: "New York" }),
    );
    expect(marks.map((mark) => [written(source, mark).join("|"), mark.score])).toEqual([
      ["in", 1],
      [" {city} n", 6],
      ["ow", -8],
    ]);
  });

  test("a token across concatenated literals leaves the quotes between them unpainted", () => {
    const source = 'p = ("New Yo"\n  "rk")';
    const { text, tokens } = tokensOf(["New", " York"]);
    const marks = heatMarks(sampleResult({ text, tokens, scores: [[1, 2]] }), promptOf(source));
    expect(marks.map((mark) => written(source, mark))).toEqual([["New"], [" Yo", "rk"]]);
    expect(source.slice(marks[1]?.from, marks[1]?.to)).toBe(' Yo"\n  "rk');
  });

  test("special tokens are neither drawn nor part of the scale", () => {
    const source = 'p = "a b"';
    const { text, tokens } = tokensOf([{ special: "<s>" }, "a", " b", { special: "</s>" }]);
    const result = sampleResult({ text, tokens, scores: [[100, 1, -2, 50]] });
    expect(heatMarks(result, promptOf(source)).map((mark) => [mark.level, mark.share])).toEqual([
      [3, near(1 / 3)],
      [-5, near(2 / 3)],
    ]);
    expect(tokenRows(result).map((row) => [row.share, row.special])).toEqual([
      [0, true],
      [near(1 / 3), false],
      [near(2 / 3), false],
      [0, true],
    ]);
  });

  test("a completion's tokens stay out of the document, its rows add up or stand alone", () => {
    const source = 'p = "a b"';
    const { text, tokens } = tokensOf(["a", " b", " c"]);
    const segments = [
      { role: "prompt", start: 0, end: 3 },
      { role: "completion", start: 3, end: 5 },
    ];
    const result = sampleResult({
      text,
      tokens,
      segments,
      scores: [
        [1, 2, 0],
        [4, 8, 16],
      ],
    });
    expect(heatMarks(result, promptOf(source)).map((mark) => mark.score)).toEqual([5, 10]);
    expect(heatMarks(result, promptOf(source), [0]).map((mark) => mark.score)).toEqual([1, 2]);
    expect(heatMarks(result, promptOf(source), [1, 0]).map((mark) => mark.score)).toEqual([5, 10]);
    expect(heatMarks(result, promptOf(source), [1], [[0, 1]]).map((mark) => mark.score)).toEqual([12]);
  });

  test("an unsigned method has no against", () => {
    const result = sampleResult({
      method: { ...sampleResult().method, signed: false },
      scores: [[1, 0, 0.5, 2, 0]],
    });
    const marks = heatMarks(result, promptOf('p = "The capital of France is"'));
    expect(marks.map((mark) => [mark.level, mark.sign])).toEqual([
      [3, "unsigned"],
      [0, "unsigned"],
      [1, "unsigned"],
      [5, "unsigned"],
      [0, "unsigned"],
    ]);
  });

  test("scores that are no numbers or all zero colour nothing", () => {
    const prompt = promptOf('p = "The capital of France is"');
    const levels = (scores: number[]) =>
      heatMarks(sampleResult({ scores: [scores] }), prompt).map((mark) => mark.level);
    expect(levels([0, 0, 0, 0, 0])).toEqual([0, 0, 0, 0, 0]);
    expect(levels([Number.NaN, 1, 0, Number.POSITIVE_INFINITY, 0])).toEqual([0, 5, 0, 0, 0]);
  });

  test("a half surrogate pair, replaced for the tokenizer, still aligns", () => {
    const source = 'p = "a\\ud83d b"';
    const { text, tokens } = tokensOf(["a\ufffd", " b"]);
    const marks = heatMarks(sampleResult({ text, tokens, scores: [[1, 2]] }), promptOf(source));
    expect(marks.map((mark) => written(source, mark).join("|"))).toEqual(["a\\ud83d", " b"]);
  });
});

describe("conversations", () => {
  const source = `m = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"  Why {what}?\\n"}]`;
  const prompts = resolved(source, source.indexOf("Be"), { what: "🙂" });
  const rendered = ["<sys>", "Be", " brief.", "<user>", "Why", " 🙂", "?", "<end>"];
  const { text, tokens } = tokensOf(rendered);
  const result = sampleResult({
    text,
    rendered: text,
    template: "chat",
    tokens: tokens.map((token) => ({ ...token, special: /[<>]/.test(token.text) })),
    segments: [
      { role: "system", start: 5, end: 14 },
      { role: "user", start: 20, end: 26 },
    ],
    scores: [[50, 1, 2, 50, 4, 8, 16, 50]],
  });

  test("tokens find their message; space that the template trimmed goes with its neighbour", () => {
    expect(heatMarks(result, prompts).map((mark) => [written(source, mark).join("|"), mark.score])).toEqual([
      ["Be", 1],
      [" brief.", 2],
      ["  Why", 4],
      [" {what}", 8],
      ["?\\n", 16],
    ]);
  });

  test("a message the template rewrote takes its tokens as a whole", () => {
    const changed = { ...result, text: text.replace("Why", "WHY") };
    const marks = heatMarks(changed, prompts);
    expect(marks.map((mark) => mark.score)).toEqual([1, 2, 28]);
    expect(written(source, marks[2] as HeatMark)).toEqual([`f"  Why {what}?\\n"`]);
  });

  test("a message that could not be located is left out without shifting the others", () => {
    const marks = heatMarks({ ...result, segments: result.segments.slice(1) }, prompts);
    expect(marks.map((mark) => mark.score)).toEqual([4, 8, 16]);
    expect(tokenRows(result).map((row) => row.role)).toEqual(Array(8).fill(null));
  });
});

test("whitespace is shown, letters are left alone", () => {
  expect(visibleToken(" Paris")).toBe("·Paris");
  expect(visibleToken("\n\n\t")).toBe("↵↵⇥");
  expect(visibleToken("a\u202eb\u2067\u200f")).toBe("a◌b◌◌");
  expect(visibleToken("a b  c ")).toBe("a b··c·");
  expect(visibleToken("## ▁Ġ")).toBe("## ▁Ġ");
  expect(visibleToken("")).toBe("∅");
});

describe("coarser grains", () => {
  const { text, tokens } = tokensOf([
    { special: "<s>" },
    "Be",
    " br",
    "ief",
    ".\n",
    "Say",
    " why",
    { special: "</s>" },
  ]);
  const result = sampleResult({ text, tokens, scores: [[9, 1, 2, -4, 8, 16, -32, 9]] });
  const joined = (grain: "word" | "line") =>
    joinRows(result, tokenRows(result), grain).map((row) => [row.shown, row.score, row.level]);

  test("words and lines by signed sums, special tokens alone", () => {
    expect(joined("word")).toEqual([
      ["<s>", 9, 1],
      ["Be", 1, 0],
      ["·brief.↵", 6, 1],
      ["Say", 16, 3],
      ["·why", -32, -5],
      ["</s>", 9, 1],
    ]);
    expect(joined("line")).toEqual([
      ["<s>", 9, 3],
      ["Be brief.↵", 7, 2],
      ["Say why", -16, -5],
      ["</s>", 9, 3],
    ]);
    expect(grainsOf(result)).toEqual(["token", "word", "line"]);
  });

  test("no grain loses score, tears a character or joins two messages", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), cutting, fc.nat(), (body, how, turn) => {
        const { tokens: made, scores } = cut(body, how);
        const segmented = made.map((token) => ({ ...token, segment: token.start < turn % 20 ? 0 : 1 }));
        const any = sampleResult({ text: body, tokens: segmented, scores });
        const rows = tokenRows(any);
        for (const grain of ["token", "word", "sentence", "line", "message"] as const) {
          const coarse = joinRows(any, rows, grain);
          expect(coarse.flatMap((row) => row.tokens)).toEqual(made.map((token) => token.index));
          for (const row of coarse) {
            const members = row.tokens.flatMap((index) => segmented[index] ?? []);
            expect(row.score).toBeCloseTo(
              row.tokens.reduce((sum, index) => sum + (scores[0]?.[index] ?? 0), 0),
              8,
            );
            expect(new Set(members.map((token) => token.segment)).size).toBe(1);
            expect(grain !== "token" && row.token.text !== "" && row.piece !== null && row.piece.at > 1).toBe(
              false,
            );
          }
        }
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});
