/** One picture of a matrix: cells, axes and names of tokens. */
import { visibleToken } from "../../heat.js";
import type { ThemeColours } from "../theme_colours.js";
import type { MatrixBitmaps } from "./matrix_bitmap.js";
import type { Viewport } from "./viewport.js";

/** In CSS pixels. */
export interface MatrixLayout {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  /** Of the square of cells. */
  readonly side: number;
  /** Names of tokens on the axes, not their numbers. */
  readonly named: boolean;
}

/** Cells smaller than this have numbers on the axes instead of names. */
const NAMED_FROM = 11;
const LONGEST = 78;
const NUMBERS = 40;
const TITLE = 18;

/** `letters`: of the longest name of a token. */
export function layoutFor(available: number, span: number, letters: number): MatrixLayout {
  const width = Math.max(200, available);
  const names = Math.max(24, Math.min(LONGEST, 7 * letters + 12));
  const named = (width - names - TITLE - 6) / span >= NAMED_FROM;
  const margin = named ? names : NUMBERS;
  // A few large cells do not gain by being larger still.
  const side = Math.min(width - margin - TITLE - 6, 640, Math.max(160, span * 44));
  const left = margin + TITLE;
  return { width: left + side + 6, height: side + margin + TITLE + 6, left, top: 6, side, named };
}

export interface MatrixPicture {
  readonly bitmaps: MatrixBitmaps;
  readonly names: readonly string[];
  readonly view: Viewport;
  readonly layout: MatrixLayout;
  readonly colours: ThemeColours;
  /** Of the axes: what rows and columns are. */
  readonly axes: readonly [rows: string, columns: string];
}

/** Draws on a canvas of `scale` device pixels to a CSS pixel; returns how many cells one pixel stands for. */
export function drawMatrix(canvas: HTMLCanvasElement, picture: MatrixPicture, scale: number): number {
  const { layout, view, colours } = picture;
  canvas.width = Math.round(layout.width * scale);
  canvas.height = Math.round(layout.height * scale);
  const pen = canvas.getContext("2d");
  if (pen === null) return 1;
  pen.scale(scale, scale);
  pen.fillStyle = `rgb(${colours.surface.join(" ")})`;
  pen.fillRect(0, 0, layout.width, layout.height);
  const found = picture.bitmaps.forView(view.span, layout.side * scale);
  const by = found?.by ?? 1;
  if (found !== null) {
    pen.imageSmoothingEnabled = false;
    const { left, top, side } = layout;
    pen.drawImage(
      found.image,
      view.column / by,
      view.row / by,
      view.span / by,
      view.span / by,
      left,
      top,
      side,
      side,
    );
  }
  axes(pen, picture);
  return by;
}

function axes(pen: CanvasRenderingContext2D, { layout, view, colours, names, axes }: MatrixPicture): void {
  const { left, top, side } = layout;
  pen.strokeStyle = colours.border;
  pen.strokeRect(left - 0.5, top - 0.5, side + 1, side + 1);
  const cell = side / view.span;
  const { named } = layout;
  pen.font = `${named ? 11 : 10}px ${named ? colours.codeFont : colours.font}`;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const { index, words } of ticks(view.row, view.span, names, named)) {
    const y = top + (index + 0.5 - view.row) * cell;
    pen.fillStyle = colours.text;
    pen.fillText(clipped(pen, words, layout.left - TITLE - 6), left - 5, y);
    if (!named) pen.fillRect(left - 3, y, 3, 1);
  }
  for (const { index, words } of ticks(view.column, view.span, names, named)) {
    const x = left + (index + 0.5 - view.column) * cell;
    pen.fillStyle = colours.text;
    pen.save();
    pen.translate(x, top + side + 5);
    pen.rotate(-Math.PI / 2);
    pen.fillText(clipped(pen, words, layout.left - TITLE - 6), 0, 0);
    pen.restore();
    if (!named) pen.fillRect(x, top + side, 1, 3);
  }
  pen.font = `11px ${colours.font}`;
  pen.fillStyle = colours.quiet;
  pen.textAlign = "center";
  pen.fillText(`${axes[1]} →`, left + side / 2, layout.height - TITLE / 2);
  pen.save();
  pen.translate(TITLE / 2, top + side / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(`← ${axes[0]}`, 0, 0);
  pen.restore();
}

function ticks(
  from: number,
  span: number,
  names: readonly string[],
  named: boolean,
): { readonly index: number; readonly words: string }[] {
  const step = named ? 1 : Math.max(1, niceStep(span / 6));
  const first = Math.ceil(Math.ceil(from) / step) * step;
  const found: { index: number; words: string }[] = [];
  for (
    let index = named ? Math.floor(from) : first;
    index < Math.min(names.length, from + span);
    index += step
  ) {
    if (index + 0.5 >= from && index + 0.5 <= from + span) {
      found.push({ index, words: named ? visibleToken(names[index] ?? "") : String(index + 1) });
    }
  }
  return found;
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power;
}

function clipped(pen: CanvasRenderingContext2D, words: string, width: number): string {
  if (pen.measureText(words).width <= width) return words;
  let length = words.length;
  while (length > 1 && pen.measureText(`${words.slice(0, length)}…`).width > width) length -= 1;
  return `${words.slice(0, length)}…`;
}
