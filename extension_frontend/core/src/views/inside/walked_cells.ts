/** Cells of a chart that pointer and arrow keys go over: one of them is a tab stop, Enter opens it. */

export interface WalkEvents<Cell> {
  /** Pointer or focus is on a cell (null: on none). */
  pointed(cell: Cell | null): void;
  opened(cell: Cell): void;
}

export interface Walk {
  /** Where the tab key comes in. */
  stopAt(shape: SVGElement | undefined): void;
}

/** `rows`: the lowest first, so that up the page is up the layers; `first`: where the tab key comes in. */
export function walkedCells<Cell>(
  chart: SVGSVGElement,
  rows: readonly (readonly Cell[])[],
  shapeOf: (cell: Cell) => SVGElement | undefined,
  first: Cell | null,
  events: WalkEvents<Cell>,
): Walk {
  const places = new Map<Element, readonly [row: number, column: number]>();
  rows.forEach((cells, row) => {
    cells.forEach((cell, column) => {
      const shape = shapeOf(cell);
      if (shape !== undefined) places.set(shape, [row, column]);
    });
  });
  const placeOf = (target: EventTarget | null) =>
    target instanceof Element ? places.get(target.closest("[data-key]") ?? target) : undefined;
  const at = (target: EventTarget | null): Cell | null => {
    const place = placeOf(target);
    return (place && rows[place[0]]?.[place[1]]) ?? null;
  };
  let stop: SVGElement | undefined;
  const stopAt = (shape: SVGElement | undefined) => {
    if (shape === undefined) return;
    stop?.setAttribute("tabindex", "-1");
    stop = shape;
    stop.setAttribute("tabindex", "0");
  };
  stopAt(first === null ? undefined : shapeOf(first));
  const open = (cell: Cell) => {
    stopAt(shapeOf(cell));
    events.opened(cell);
  };
  chart.addEventListener("pointerover", (event) => events.pointed(at(event.target)));
  chart.addEventListener("pointerleave", () => events.pointed(at(document.activeElement)));
  chart.addEventListener("focusin", (event) => events.pointed(at(event.target)));
  chart.addEventListener("focusout", () => events.pointed(null));
  chart.addEventListener("click", (event) => {
    const cell = at(event.target);
    if (cell !== null) open(cell);
  });
  chart.addEventListener("keydown", (event) => {
    const [cell, place] = [at(event.target), placeOf(event.target)];
    if (cell === null || place === undefined) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(cell);
      return;
    }
    const next = neighbour(rows, place, event.key);
    const shape = next === undefined ? undefined : shapeOf(next);
    if (shape === undefined) return;
    event.preventDefault();
    stopAt(shape);
    shape.focus();
  });
  return { stopAt };
}

/** Where a key leads from a cell; undefined where it leads nowhere. */
function neighbour<Cell>(
  rows: readonly (readonly Cell[])[],
  [row, column]: readonly [number, number],
  key: string,
): Cell | undefined {
  const to: Readonly<Record<string, readonly [row: number, column: number]>> = {
    ArrowRight: [row, column + 1],
    ArrowLeft: [row, column - 1],
    ArrowUp: [row + 1, column],
    ArrowDown: [row - 1, column],
    Home: [row, 0],
    End: [row, (rows[row]?.length ?? 1) - 1],
  };
  const place = to[key];
  return place && rows[place[0]]?.[place[1]];
}
