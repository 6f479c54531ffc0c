/** Shapes of a chart that pointer and arrow keys go over: one of them is a tab stop, Enter opens it. */

export interface WalkEvents<Item> {
  /** Pointer or focus is on a shape's item (null: on none). */
  pointed(item: Item | null): void;
  opened(item: Item): void;
}

export interface WalkedShapes<Item> {
  /** Each has a `data-key`, so that what lies upon it counts as it. */
  readonly shapes: ReadonlyMap<Item, SVGElement>;
  /** Where an arrow key, Home or End leads from an item; undefined where it leads nowhere. */
  readonly leadsTo: (item: Item, key: string) => Item | undefined;
  /** Where the tab key comes in; null where nothing is drawn. */
  readonly first: Item | null;
}

export interface Walk<Item> {
  /** Marks the shape of what is opened, and has the tab key come in there; null: nothing is. */
  choose(item: Item | null): void;
}

export function walkedShapes<Item>(
  chart: SVGSVGElement,
  { shapes, leadsTo, first }: WalkedShapes<Item>,
  events: WalkEvents<Item>,
): Walk<Item> {
  // Not one image to who cannot see it, but what it is made of.
  chart.setAttribute("role", "group");
  const items = new Map([...shapes].map(([item, shape]) => [shape, item]));
  const at = (target: EventTarget | null): Item | null => {
    const shape = target instanceof Element ? target.closest<SVGElement>("[data-key]") : null;
    return (shape && items.get(shape)) ?? null;
  };
  let stop: SVGElement | undefined;
  const stopAt = (item: Item | null) => {
    const shape = item === null ? undefined : shapes.get(item);
    if (shape === undefined) return;
    stop?.setAttribute("tabindex", "-1");
    stop = shape;
    stop.setAttribute("tabindex", "0");
  };
  stopAt(first);
  const open = (item: Item) => {
    stopAt(item);
    events.opened(item);
  };
  chart.addEventListener("pointerover", (event) => events.pointed(at(event.target)));
  chart.addEventListener("pointerleave", () => events.pointed(at(document.activeElement)));
  chart.addEventListener("focusin", (event) => events.pointed(at(event.target)));
  chart.addEventListener("focusout", () => events.pointed(null));
  chart.addEventListener("click", (event) => {
    const item = at(event.target);
    if (item !== null) open(item);
  });
  chart.addEventListener("keydown", (event) => {
    const item = at(event.target);
    if (item === null) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(item);
      return;
    }
    const next = leadsTo(item, event.key);
    const shape = next === undefined ? undefined : shapes.get(next);
    if (next === undefined || shape === undefined) return;
    event.preventDefault();
    stopAt(next);
    shape.focus();
  });
  return {
    choose(item) {
      for (const [each, shape] of shapes) {
        shape.classList.toggle("gp-opened-shape", each === item);
        shape.setAttribute("aria-pressed", String(each === item));
      }
      stopAt(item);
    },
  };
}

/** Where keys lead on a grid of `rows`, the lowest first: up the page is up the layers, whatever is drawn where. */
export function gridSteps<Item>(
  rows: readonly (readonly Item[])[],
): (item: Item, key: string) => Item | undefined {
  const places = new Map(
    rows.flatMap((items, row) => items.map((item, column) => [item, { row, column }] as const)),
  );
  return (item, key) => {
    const place = places.get(item);
    if (place === undefined) return undefined;
    const { row, column } = place;
    const last = (of: number) => (rows[of]?.length ?? 1) - 1;
    const to: Readonly<Record<string, readonly [row: number, column: number]>> = {
      ArrowRight: [row, column + 1],
      ArrowLeft: [row, column - 1],
      ArrowUp: [row + 1, Math.min(column, last(row + 1))],
      ArrowDown: [row - 1, Math.min(column, last(row - 1))],
      Home: [row, 0],
      End: [row, last(row)],
    };
    const next = to[key];
    return next && rows[next[0]]?.[next[1]];
  };
}
