/** A matrix to look at closely: hover, focus, zoom and pan; drawn again only when another part is on view. */
import { visibleToken } from "../../heat.js";
import type { MatrixNumbers } from "../../matrix_numbers.js";
import { button, element } from "../element.js";
import { type ThemeColours, themeColours } from "../theme_colours.js";
import { MatrixBitmaps } from "./matrix_bitmap.js";
import { drawMatrix, layoutFor, type MatrixLayout, type MatrixPicture } from "./matrix_drawing.js";
import { panned, showing, type Viewport, whole, within, zoomed } from "./viewport.js";

export interface Cell {
  readonly row: number;
  readonly column: number;
}

export interface MatrixCanvasOptions {
  readonly numbers: MatrixNumbers;
  /** The code from which on the shade is the strongest. */
  readonly strongest: number;
  readonly names: readonly string[];
  readonly axes: readonly [rows: string, columns: string];
  readonly label: string;
  /** Pointer or arrow keys are on a cell (null: left). */
  readonly pointed: (cell: Cell | null) => void;
  /** Clicked, or Enter. */
  readonly chosen: (cell: Cell) => void;
}

export interface MatrixCanvas {
  readonly element: HTMLElement;
  /** Bands over the row and column of tokens. */
  mark(row: number | null, column: number | null): void;
  /** Comes as near to a cell as needed to have it on view. */
  reveal(cell: Cell): void;
  /** In the present theme. */
  redraw(): void;
  /** The same picture, sharp enough for print. */
  image(): HTMLCanvasElement;
  dispose(): void;
}

const ZOOM = 1.6;

export function matrixCanvas(options: MatrixCanvasOptions): MatrixCanvas {
  const count = options.numbers.rows;
  const letters = options.names.reduce((most, name) => Math.max(most, visibleToken(name).length), 0);
  const canvas = element("canvas", { class: "gp-matrix-picture" });
  const bands = [
    element("div", { class: "gp-matrix-band" }),
    element("div", { class: "gp-matrix-band" }),
  ] as const;
  const pooledNote = element("span", { class: "gp-quiet" });
  const face = element(
    "div",
    {
      class: "gp-matrix-face",
      tabindex: 0,
      role: "application",
      "aria-label": `${options.label}. Arrow keys move, Enter keeps the token, plus and minus zoom.`,
      "data-key": "matrix",
    },
    [canvas, ...bands],
  );
  let colours: ThemeColours | null = null;
  let bitmaps: MatrixBitmaps | null = null;
  let view: Viewport = whole(count);
  let layout: MatrixLayout = layoutFor(320, count, letters);
  let cursor: Cell | null = null;
  let marked: readonly [number | null, number | null] = [null, null];
  let grabbed: { x: number; y: number; view: Viewport; moved: boolean } | null = null;

  const picture = (): MatrixPicture => {
    colours ??= themeColours(root);
    bitmaps ??= new MatrixBitmaps(options.numbers, colours, options.strongest);
    return { bitmaps, names: options.names, view, layout, colours, axes: options.axes };
  };
  const draw = () => {
    if (!root.isConnected) return;
    layout = layoutFor(root.clientWidth || 320, view.span, letters);
    face.style.setProperty("width", `${layout.width}px`);
    face.style.setProperty("height", `${layout.height}px`);
    const by = drawMatrix(canvas, picture(), Math.min(3, window.devicePixelRatio || 1));
    pooledNote.textContent = by > 1 ? `Each pixel shows the largest weight of ${by} × ${by} tokens.` : "";
    placeBands();
  };
  const placeBands = () => {
    const [row, column] = marked;
    const { left, top, side } = layout;
    const size = Math.max(2, side / view.span);
    const place = (band: HTMLElement, index: number | null, from: number, vertical: boolean) => {
      const start = index === null ? -1 : ((index - from) * side) / view.span;
      const hidden = index === null || start < -0.5 || start > side - 0.5;
      band.hidden = hidden;
      if (hidden) return;
      band.style.setProperty("left", `${vertical ? left + start : left}px`);
      band.style.setProperty("top", `${vertical ? top : top + start}px`);
      band.style.setProperty("width", `${vertical ? size : side}px`);
      band.style.setProperty("height", `${vertical ? side : size}px`);
    };
    place(bands[0], row, view.row, false);
    place(bands[1], column, view.column, true);
  };
  const look = (next: Viewport) => {
    if (next.row === view.row && next.column === view.column && next.span === view.span) return;
    view = next;
    nearer.disabled = view.span <= Math.min(count, 6);
    farther.disabled = view.span >= count;
    draw();
  };
  const cellAt = (event: { clientX: number; clientY: number }): Cell | null => {
    const box = face.getBoundingClientRect();
    const { left, top, side } = layout;
    const column = view.column + ((event.clientX - box.left - left) / side) * view.span;
    const row = view.row + ((event.clientY - box.top - top) / side) * view.span;
    const inside = (at: number, from: number) => at >= from && at < from + view.span && at < count;
    return inside(row, view.row) && inside(column, view.column)
      ? { row: Math.floor(row), column: Math.floor(column) }
      : null;
  };
  const zoom = (factor: number, around: Cell = middle()) => look(zoomed(count, view, factor, around));
  const middle = (): Cell =>
    cursor ?? { row: view.row + view.span / 2 - 0.5, column: view.column + view.span / 2 - 0.5 };
  const point = (cell: Cell | null) => {
    if (cell?.row === cursor?.row && cell?.column === cursor?.column) return;
    cursor = cell;
    options.pointed(cell);
  };
  const walk = (rows: number, columns: number) => {
    const from = cursor ?? { row: count - 1, column: count - 1 };
    const clamp = (index: number) => Math.max(0, Math.min(count - 1, index));
    const cell =
      cursor === null ? from : { row: clamp(from.row + rows), column: clamp(from.column + columns) };
    look(showing(count, view, cell));
    point(cell);
  };

  const nearer = button("matrix-nearer", "+", () => zoom(ZOOM), { "aria-label": "Zoom in" });
  const farther = button("matrix-farther", "−", () => zoom(1 / ZOOM), {
    "aria-label": "Zoom out",
    disabled: true,
  });
  nearer.disabled = count <= 6;
  const KEYS: Readonly<Record<string, () => void>> = {
    ArrowUp: () => walk(-1, 0),
    ArrowDown: () => walk(1, 0),
    ArrowLeft: () => walk(0, -1),
    ArrowRight: () => walk(0, 1),
    Home: () => walk(0, -count),
    End: () => walk(0, count),
    PageUp: () => walk(-Math.max(1, Math.floor(view.span / 2)), 0),
    PageDown: () => walk(Math.max(1, Math.floor(view.span / 2)), 0),
    "+": () => zoom(ZOOM),
    "=": () => zoom(ZOOM),
    "-": () => zoom(1 / ZOOM),
    "0": () => look(whole(count)),
    Enter: () => cursor !== null && options.chosen(cursor),
    " ": () => cursor !== null && options.chosen(cursor),
  };
  face.addEventListener("keydown", (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  face.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    grabbed = { x: event.clientX, y: event.clientY, view, moved: false };
  });
  face.addEventListener("pointermove", (event) => {
    if (grabbed !== null && view.span < count) {
      const [right, down] = [event.clientX - grabbed.x, event.clientY - grabbed.y];
      grabbed.moved ||= Math.hypot(right, down) > 4;
      if (grabbed.moved) {
        if (!face.hasPointerCapture?.(event.pointerId)) face.setPointerCapture?.(event.pointerId);
        const cells = view.span / layout.side;
        look(panned(count, grabbed.view, -down * cells, -right * cells));
        return;
      }
    }
    point(cellAt(event));
  });
  face.addEventListener("pointerup", (event) => {
    const cell = grabbed !== null && !grabbed.moved ? cellAt(event) : null;
    grabbed = null;
    if (cell !== null) options.chosen(cell);
  });
  face.addEventListener("pointercancel", () => {
    grabbed = null;
  });
  face.addEventListener("pointerleave", () => {
    if (grabbed?.moved !== true) grabbed = null;
    point(null);
  });
  face.addEventListener(
    "wheel",
    (event) => {
      // Without a modifier the pane itself scrolls.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.25 : 0.8, cellAt(event) ?? middle());
    },
    { passive: false },
  );

  const root = element("div", { class: "gp-matrix" }, [
    face,
    count > 6 &&
      element("div", { class: "gp-matrix-zoom" }, [
        farther,
        nearer,
        button("matrix-whole", "Whole matrix", () => look(whole(count)), { class: "gp-button gp-link" }),
        pooledNote,
      ]),
  ]);
  const resized =
    typeof ResizeObserver === "undefined"
      ? null
      : new ResizeObserver(() => {
          if (
            layoutFor(root.clientWidth || 320, view.span, letters).width !== layout.width ||
            colours === null
          )
            draw();
        });
  resized?.observe(root);
  return {
    element: root,
    mark(row, column) {
      marked = [row, column];
      placeBands();
    },
    reveal: (cell) => look(within(count, showing(count, view, cell))),
    redraw() {
      colours = null;
      bitmaps = null;
      draw();
    },
    image() {
      const copy = document.createElement("canvas");
      drawMatrix(copy, picture(), 3);
      return copy;
    },
    dispose: () => resized?.disconnect(),
  };
}
