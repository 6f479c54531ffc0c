/** Truth: numbers written down by hand, and the exact weights of a model that the kernel's encoder rounded. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MatrixNumbers } from "../../extension_frontend/core/src/matrix_numbers.js";
import type { Matrix } from "../../extension_frontend/core/src/protocol.js";
import {
  pixels,
  pooled,
  shadeOf,
  strongestCode,
} from "../../extension_frontend/core/src/views/attention/matrix_bitmap.js";
import {
  panned,
  showing,
  whole,
  zoomed,
} from "../../extension_frontend/core/src/views/attention/viewport.js";
import { parsedColour, rampOn } from "../../extension_frontend/core/src/views/theme_colours.js";
import { windowAround, windowHolding } from "../../extension_frontend/core/src/views/token_window.js";
import { ANSWERS } from "./attention_answers.js";

const matrix = (bytes: readonly number[], change: Partial<Matrix>): Matrix => ({
  rows: 2,
  columns: 2,
  encoding: "uint8",
  step: 1,
  data: btoa(String.fromCharCode(...bytes)),
  ...change,
});
const all = (numbers: MatrixNumbers) => Array.from({ length: numbers.rows }, (_, row) => numbers.row(row));

describe("decoding", () => {
  test("bytes, row by row", () => {
    const numbers = MatrixNumbers.decode(matrix([0, 1, 2, 255, 4, 5], { columns: 3, step: 0.5 }));
    expect(all(numbers)).toEqual([
      [0, 0.5, 1],
      [127.5, 2, 2.5],
    ]);
    expect(numbers.column(1)).toEqual([0.5, 2]);
    expect(numbers.at(1, 0)).toBe(127.5);
    expect(numbers.error).toBe(0.25);
  });

  test("words of two bytes, the small one first", () => {
    const numbers = MatrixNumbers.decode(
      matrix([0x01, 0x00, 0x00, 0x01, 0xff, 0xff, 0x34, 0x12], { encoding: "uint16" }),
    );
    expect(all(numbers)).toEqual([
      [1, 256],
      [65535, 0x1234],
    ]);
  });

  test("floats as they are: 1, −2, 0.5 and 100 in IEEE 754", () => {
    const bytes = [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f, 0, 0, 0xc8, 0x42];
    const numbers = MatrixNumbers.decode(matrix(bytes, { encoding: "float32" }));
    expect(all(numbers)).toEqual([
      [1, -2],
      [0.5, 100],
    ]);
    expect(numbers.error).toBe(0);
  });

  test("bytes that are too few or too many are refused", () => {
    expect(() => MatrixNumbers.decode(matrix([1, 2, 3], {}))).toThrow(RangeError);
    expect(() => MatrixNumbers.decode(matrix([1, 2, 3, 4], { encoding: "uint16" }))).toThrow(RangeError);
  });

  test("what the kernel's encoder rounded is within half a step of the model's weights", () => {
    for (const [answer, exact] of [
      [ANSWERS.head.answer, ANSWERS.head_weights],
      [ANSWERS.rollout.answer, ANSWERS.rollout_shares],
    ] as const) {
      const wire = answer.show === "head" ? answer.weights : answer.show === "rollout" ? answer.shares : null;
      const numbers = MatrixNumbers.decode(wire as Matrix);
      exact.forEach((row, query) => {
        row.forEach((weight, key) => {
          expect(Math.abs(numbers.at(query, key) - weight)).toBeLessThanOrEqual(numbers.error * 1.0001);
        });
      });
    }
  });
});

describe("shades", () => {
  const codes = (rows: number[][]) =>
    MatrixNumbers.decode(matrix(rows.flat(), { rows: rows.length, columns: rows.length }));

  test("from far each pixel is the largest of what it stands for", () => {
    const numbers = codes([
      [9, 0, 0],
      [1, 2, 0],
      [3, 0, 7],
    ]);
    expect([...pooled(numbers, 2).codes]).toEqual([9, 0, 3, 7]);
    expect([...pooled(numbers, 1).codes]).toEqual([9, 0, 0, 1, 2, 0, 3, 0, 7]);
    expect([...pooled(numbers, 4).codes]).toEqual([9]);
  });

  test("a quarter of the strongest has half its shade, and nothing has none", () => {
    expect(shadeOf(0, 8)).toBe(0);
    expect(shadeOf(2, 8)).toBe(128);
    expect(shadeOf(8, 8)).toBe(255);
    expect(shadeOf(80, 8)).toBe(255);
    expect(shadeOf(1, 0)).toBe(0);
  });

  test("a few outliers do not set the scale", () => {
    const side = 40;
    const rows = Array.from({ length: side }, () => Array.from({ length: side }, () => 10));
    rows[0] = rows[0]?.map((code, index) => (index < 4 ? 250 : code)) ?? [];
    const strongest = strongestCode(codes(rows));
    expect(strongest).toBeGreaterThanOrEqual(10);
    expect(strongest).toBeLessThan(10.1);
    expect(strongestCode(codes([[0]]))).toBe(0);
    expect(strongestCode(codes([[200]]))).toBe(200);
  });

  test("the palette's levels lie over the surface", () => {
    const white = [255, 255, 255] as const;
    const black = (opacity: number) => ({ rgb: [0, 0, 0] as const, opacity });
    const ramp = rampOn(white, [0.2, 0.4, 0.6, 0.8, 1].map(black));
    expect([...ramp.slice(0, 4)]).toEqual([255, 255, 255, 255]);
    expect([...ramp.slice(4 * 51, 4 * 52)]).toEqual([204, 204, 204, 255]);
    expect([...ramp.slice(4 * 255)]).toEqual([0, 0, 0, 255]);
    expect([...pixels(new Float32Array([0, 4]), 4, ramp)]).toEqual([255, 255, 255, 255, 0, 0, 0, 255]);
  });

  test.each([
    ["rgb(1, 2, 3)", { rgb: [1, 2, 3], opacity: 1 }],
    ["rgba(172, 136, 240, 0.85)", { rgb: [172, 136, 240], opacity: 0.85 }],
    ["rgb(1 2 3 / 0.5)", { rgb: [1, 2, 3], opacity: 0.5 }],
    ["color(srgb 1 0 0.2 / 0.5)", { rgb: [255, 0, 51], opacity: 0.5 }],
    ["", null],
    ["transparent", null],
  ])("%s is a colour as browsers write it", (written, colour) => {
    expect(parsedColour(written)).toEqual(colour);
  });
});

describe("what is on view", () => {
  test("a window lies within the tokens and holds the one it is about", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 300 }),
        fc.nat(),
        (count, size, any) => {
          const token = any % count;
          const { from, to } = windowAround(count, token, size);
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(count);
          expect(to - from).toBe(Math.min(count, size));
          expect(token).toBeGreaterThanOrEqual(from);
          expect(token).toBeLessThan(to);
        },
      ),
    );
  });

  test("a window that holds the token stays where it is", () => {
    const shown = { from: 100, to: 200 };
    expect(windowHolding(1000, 199, 100, shown)).toBe(shown);
    expect(windowHolding(1000, 200, 100, shown)).toEqual({ from: 150, to: 250 });
    expect(windowHolding(120, 119, 100, shown)).toEqual({ from: 20, to: 120 });
  });

  test("zooming keeps the cell under the pointer where it is, and never leaves the matrix", () => {
    const view = zoomed(100, whole(100), 2, { row: 49.5, column: 49.5 });
    expect(view).toEqual({ row: 25, column: 25, span: 50 });
    expect(zoomed(100, view, 0.25, { row: 3, column: 3 })).toEqual(whole(100));
    expect(zoomed(100, whole(100), 4, { row: 99, column: 0 })).toEqual({
      row: 74.625,
      column: 0.375,
      span: 25,
    });
    expect(panned(100, view, -1000, 7)).toEqual({ row: 0, column: 32, span: 50 });
    expect(zoomed(4, whole(4), 10, { row: 0, column: 0 })).toEqual(whole(4));
  });

  test("a cell comes on view by the shortest way", () => {
    const view = { row: 10, column: 10, span: 20 };
    expect(showing(100, view, { row: 15, column: 29 })).toEqual(view);
    expect(showing(100, view, { row: 30, column: 9 })).toEqual({ row: 11, column: 9, span: 20 });
  });
});
