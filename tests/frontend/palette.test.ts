/**
 * Truth: WCAG 2.2 relative luminance and contrast; colour-vision deficiencies after Machado, Oliveira and Fernandes
 * 2009 at full severity; differences as ΔE*ab in CIE Lab (about 2.3 is just noticeable).
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  heatClass,
  PALETTE,
  paletteCss,
  type Ramp,
  type Rgb,
  staticPalette,
  type Theme,
} from "../../extension_frontend/core/src/palette.js";

type Triple = [number, number, number];
const each = (colour: Rgb, change: (channel: number) => number): Triple => [
  change(colour[0]),
  change(colour[1]),
  change(colour[2]),
];

const linear = (colour: Rgb) =>
  each(colour, (channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
const dot = (row: readonly number[], [a, b, c]: Rgb) =>
  (row[0] ?? 0) * a + (row[1] ?? 0) * b + (row[2] ?? 0) * c;
const transform = (matrix: readonly (readonly number[])[], colour: Rgb): Triple => [
  dot(matrix[0] ?? [], colour),
  dot(matrix[1] ?? [], colour),
  dot(matrix[2] ?? [], colour),
];
const luminance = (colour: Rgb) => dot([0.2126, 0.7152, 0.0722], linear(colour));

function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function over(ramp: Ramp, level: number, background: Rgb): Triple {
  const opacity = ramp.opacity[level - 1] ?? 0;
  const mix = (index: 0 | 1 | 2) => opacity * ramp.colour[index] + (1 - opacity) * background[index];
  return [mix(0), mix(1), mix(2)];
}

const VISION = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}; // biome-ignore format: matrices

const TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]; // biome-ignore format: a matrix

function lab(linearRgb: Rgb): Triple {
  const [x, y, z] = transform(
    TO_XYZ,
    each(linearRgb, (channel) => Math.min(1, Math.max(0, channel))),
  );
  const f = (t: number) => (t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29);
  const [fx, fy, fz] = [f(x / 0.9505), f(y), f(z / 1.089)];
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

function difference(one: Rgb, other: Rgb, vision: keyof typeof VISION): number {
  const seen = (colour: Rgb) => lab(transform(VISION[vision], linear(colour)));
  const [a, b] = [seen(one), seen(other)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

test("the measures agree with published values", () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
  expect(contrast([118, 118, 118], [255, 255, 255])).toBeCloseTo(4.54, 2);
  expect(lab(linear([255, 0, 0]))[0]).toBeCloseTo(53.24, 1);
  expect(difference([255, 0, 0], [0, 255, 0], "normal")).toBeCloseTo(170.6, 0);
});

const themes = Object.keys(PALETTE) as Theme[];
const LEVELS = [1, 2, 3, 4, 5];

describe.each(themes)("%s", (theme) => {
  const palette = PALETTE[theme];
  const sides = [palette.for, palette.against, palette.unsigned];

  test("text keeps 4.5:1 on every level, underlines 3:1 on the page", () => {
    for (const background of palette.backgrounds) {
      for (const side of sides) {
        expect(contrast(side.underline, background)).toBeGreaterThanOrEqual(3);
        for (const level of LEVELS) {
          expect(
            contrast(palette.text, over(side, level, background)),
            `level ${level}`,
          ).toBeGreaterThanOrEqual(4.5);
        }
      }
    }
  });

  test.each(Object.keys(VISION) as (keyof typeof VISION)[])(
    "for and against stay apart with %s vision",
    (vision) => {
      for (const background of palette.backgrounds) {
        for (const level of LEVELS) {
          const distance = difference(
            over(palette.for, level, background),
            over(palette.against, level, background),
            vision,
          );
          expect(distance, `level ${level}`).toBeGreaterThanOrEqual(5 + 5 * level);
          for (const other of LEVELS) {
            const mixed = difference(
              over(palette.for, level, background),
              over(palette.against, other, background),
              vision,
            );
            expect(mixed, `for ${level}, against ${other}`).toBeGreaterThanOrEqual(8);
          }
        }
      }
    },
  );

  test("each level stands out more from the page than the one before", () => {
    for (const background of palette.backgrounds) {
      for (const side of sides) {
        const distances = LEVELS.map((level) =>
          difference(over(side, level, background), background, "normal"),
        );
        distances.forEach((distance, index) => {
          expect(distance - (distances[index - 1] ?? 0)).toBeGreaterThanOrEqual(2.3);
        });
      }
    }
  });
});

test("the sign is readable without colour", () => {
  const css = paletteCss();
  expect(css).toMatch(/gp-heat-for-"\][^}]*underline solid/);
  expect(css).toMatch(/gp-heat-against-"\][^}]*underline dashed/);
  expect(heatClass({ level: -3, sign: "against" })).toBe("gp-heat gp-heat-against-3");
  expect(heatClass({ level: 5, sign: "for" }, true)).toBe("gp-heat gp-heat-for-5 gp-heat-stale");
  expect(heatClass({ level: 0, sign: "for" })).toBe("gp-heat-none");
});

test("style/palette.css is written from the palette", () => {
  const file = new URL("../../extension_frontend/core/style/palette.css", import.meta.url);
  expect(readFileSync(file, "utf8"), "run write_palette.mjs").toBe(paletteCss());
  const light = new URL("../../python_backend/glasspane/display/palette.json", import.meta.url);
  expect(readFileSync(light, "utf8"), "run write_palette.mjs").toBe(staticPalette());
});
