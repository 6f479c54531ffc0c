/** A matrix as pixels, at every size at which it is looked at. */
import type { MatrixNumbers } from "../../matrix_numbers.js";
import type { ThemeColours } from "../theme_colours.js";

/**
 * Codes of a matrix in which each cell is the largest of `by` × `by` of the original: seen from far, one strong weight
 * among weak ones stays visible, where a mean would drown it.
 */
export function pooled(numbers: MatrixNumbers, by: number): { codes: Float32Array; side: number } {
  const side = Math.ceil(numbers.rows / by);
  const codes = new Float32Array(side * side);
  for (let row = 0; row < numbers.rows; row += 1) {
    const into = Math.floor(row / by) * side;
    const from = row * numbers.columns;
    for (let column = 0; column < numbers.columns; column += 1) {
      const code = numbers.codes[from + column] ?? 0;
      const at = into + Math.floor(column / by);
      if (code > (codes[at] ?? 0)) codes[at] = code;
    }
  }
  return { codes, side };
}

/**
 * Shade 0…255 of a number on a scale that ends at `largest`: it grows with the square root, for most weights are far
 * below the largest.
 */
export function shadeOf(value: number, largest: number): number {
  return largest > 0 ? Math.round(255 * Math.sqrt(Math.min(1, value / largest))) : 0;
}

/** RGBA, row by row. */
export function pixels(
  codes: Float32Array,
  largest: number,
  ramp: Uint8ClampedArray,
): Uint8ClampedArray<ArrayBuffer> {
  const painted = new Uint8ClampedArray(codes.length * 4);
  const from = new Uint32Array(ramp.buffer);
  const into = new Uint32Array(painted.buffer);
  for (let at = 0; at < codes.length; at += 1) {
    into[at] = from[shadeOf(codes[at] ?? 0, largest)] ?? 0;
  }
  return painted;
}

/** So few of the weights may share the strongest shade: one token that can only read itself is no scale for all others. */
const STRONGEST_SHARE = 0.005;

/** The code from which on the shade of a matrix is the strongest. */
export function strongestCode(numbers: MatrixNumbers): number {
  return numbers.codeExceededBy(STRONGEST_SHARE);
}

/** Bitmaps of one matrix in one theme: each is painted when first looked at, once. */
export class MatrixBitmaps {
  private readonly painted = new Map<number, HTMLCanvasElement>();
  constructor(
    private readonly numbers: MatrixNumbers,
    private readonly colours: ThemeColours,
    /** The code from which on the shade is the strongest. */
    private readonly strongest: number,
  ) {}

  /** For a view of `span` cells on `width` pixels; `by` cells share a side of one of its pixels. */
  forView(span: number, width: number): { readonly image: HTMLCanvasElement; readonly by: number } | null {
    let by = 1;
    while (span / by > Math.max(1, width)) by *= 2;
    const image = this.painted.get(by) ?? this.paint(by);
    return image === null ? null : { image, by };
  }

  private paint(by: number): HTMLCanvasElement | null {
    const { codes, side } = pooled(this.numbers, by);
    const image = document.createElement("canvas");
    image.width = side;
    image.height = side;
    const pen = image.getContext("2d");
    if (pen === null) return null;
    pen.putImageData(new ImageData(pixels(codes, this.strongest, this.colours.ramp), side, side), 0, 0);
    this.painted.set(by, image);
    return image;
  }
}
