/** Truth: `Array.from(text)` splits a string into code points by the language's own rules. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { CodePointIndex } from "../../extension_frontend/core/src/offsets.js";

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  // Lone surrogates, pairs and combining marks in every order.
  fc
    .array(fc.constantFrom("a", "\u0301", "🙂", "\ud83d", "\ude00", "👩‍👩‍👧", "é", "\r\n", "𝔘"))
    .map((pieces) => pieces.join("")),
);

test("agrees with the language's own splitting at every position", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const index = new CodePointIndex(text);
      const characters = Array.from(text);
      expect(index.length).toBe(characters.length);
      let units = 0;
      characters.forEach((character, position) => {
        expect(index.toUtf16(position)).toBe(units);
        for (let inside = 0; inside < character.length; inside += 1) {
          expect(index.toCodePoint(units + inside)).toBe(position);
        }
        units += character.length;
      });
      expect(index.toUtf16(characters.length)).toBe(text.length);
      expect(index.toCodePoint(text.length)).toBe(characters.length);
    }),
    { seed: 1, numRuns: 1000 },
  );
});

test("offsets outside the text are held at its ends", () => {
  const index = new CodePointIndex("a🙂");
  expect([index.toUtf16(-3), index.toUtf16(9), index.toCodePoint(-1), index.toCodePoint(9)]).toEqual([
    0, 3, 0, 2,
  ]);
});
