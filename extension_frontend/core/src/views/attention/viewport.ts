/** Which part of a square matrix is on view. */

/** `span` × `span` cells from (`row`, `column`); not rounded, so that panning is smooth. */
export interface Viewport {
  readonly row: number;
  readonly column: number;
  readonly span: number;
}

/** Closer than this nothing more is to be seen. */
const CLOSEST = 6;

export function whole(count: number): Viewport {
  return { row: 0, column: 0, span: count };
}

/** Kept within the matrix. */
export function within(count: number, { row, column, span }: Viewport): Viewport {
  const width = Math.max(Math.min(CLOSEST, count), Math.min(count, span));
  const clamp = (from: number) => Math.max(0, Math.min(count - width, from));
  return { row: clamp(row), column: clamp(column), span: width };
}

/** `factor` > 1 comes closer; the cell stays where it is on the screen. */
export function zoomed(
  count: number,
  view: Viewport,
  factor: number,
  around: { readonly row: number; readonly column: number },
): Viewport {
  const span = Math.max(Math.min(CLOSEST, count), Math.min(count, view.span / factor));
  const keep = (from: number, fixed: number) => fixed - ((fixed - from) * span) / view.span;
  return within(count, {
    row: keep(view.row, around.row + 0.5),
    column: keep(view.column, around.column + 0.5),
    span,
  });
}

export function panned(count: number, view: Viewport, rows: number, columns: number): Viewport {
  return within(count, { ...view, row: view.row + rows, column: view.column + columns });
}

/** Moved as little as needed to have the cell on view. */
export function showing(
  count: number,
  view: Viewport,
  cell: { readonly row: number; readonly column: number },
): Viewport {
  const move = (from: number, index: number) =>
    index < from ? index : Math.max(from, index + 1 - view.span);
  return within(count, {
    ...view,
    row: move(view.row, cell.row),
    column: move(view.column, cell.column),
  });
}
