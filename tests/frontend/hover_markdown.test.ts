/** Truth: what marked, which VS Code reads Markdown with, makes of it. */
import fc from "fast-check";
import { marked, type Token, type Tokens } from "marked";
import { expect, test } from "vitest";
import { type HeatMark, visibleToken } from "../../extension_frontend/core/src/heat.js";
import { hoverMarkdown } from "../../extension_frontend/core/src/views/hover.js";
import { sampleResult } from "./sample_result.js";

const MARK: HeatMark = {
  spans: [],
  level: 5,
  sign: "for",
  score: 1.5,
  share: 0.5,
  tokens: [0],
  from: 0,
  to: 0,
};

/** The first table's cells as they are read, its head first. */
function cellsOf(markdown: string): string[][] {
  const tables = marked.lexer(markdown).filter((each): each is Tokens.Table => each.type === "table");
  expect(tables).toHaveLength(1);
  const [table] = tables;
  return [table?.header ?? [], ...(table?.rows ?? [])].map((row) => row.map(({ tokens }) => said(tokens)));
}

const said = (tokens: readonly Token[] = []): string =>
  tokens
    .map((token) =>
      "tokens" in token && token.tokens ? said(token.tokens) : "text" in token ? token.text : "",
    )
    .join("")
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));

test("whatever a token holds, the table has its columns, and the token reads as it is", () => {
  const signs = fc.constantFrom(..."|\\`*_[]()<>&#-~:!x7 é".split(""), "\\|", "https://a.b", "``");
  const texts = fc.oneof(
    fc.array(signs, { minLength: 1, maxLength: 8 }).map((parts) => parts.join("")),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
  );
  fc.assert(
    fc.property(texts, texts, (text, target) => {
      const sample = sampleResult();
      const [first, ...others] = sample.tokens;
      if (first === undefined) throw new Error("a sample without tokens");
      const result = {
        ...sample,
        tokens: [{ ...first, text }, ...others],
        target: { ...sample.target, text: target },
      };
      const rows = cellsOf(hoverMarkdown(MARK, result, "prompt_changed"));
      expect(rows.map((row) => row.length)).toEqual([2, 2]);
      expect(rows[0]).toEqual(["Token", "Score"]);
      expect(rows[1]?.[0]?.trim()).toBe(visibleToken(text).trim());
    }),
    {
      numRuns: 500,
      examples: [
        ["\\|", "\\|"],
        ["|", "a|b"],
        ["`|`", "\\"],
        ["a\\", "`"],
        ["\u2028", "\u2028"],
        ["\u3000", " "],
        ["\f", "\v"],
      ],
    },
  );
});
