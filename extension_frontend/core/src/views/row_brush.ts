/** Choosing rows as in a list: one, a stretch, or some of them. */

export interface RowBrush {
  /** In order; empty: no row is singled out, which means all. */
  readonly rows: readonly number[];
  /** Where a stretch begins. */
  readonly anchor: number | null;
}

export const NO_ROWS: RowBrush = { rows: [], anchor: null };

export function picked(row: number): RowBrush {
  return { rows: [row], anchor: row };
}

/** From the anchor to the row, whichever comes first. */
export function extended({ anchor }: RowBrush, row: number): RowBrush {
  const from = anchor ?? row;
  const first = Math.min(from, row);
  const rows = Array.from({ length: Math.abs(row - from) + 1 }, (_, index) => first + index);
  return { rows, anchor: from };
}

export function toggled({ rows }: RowBrush, row: number): RowBrush {
  const others = rows.filter((each) => each !== row);
  const next = others.length < rows.length ? others : [...rows, row].sort((one, other) => one - other);
  return { rows: next, anchor: next.length > 0 ? row : null };
}

/** What the host is told: all of them is the same as none. */
export function chosenRows({ rows }: RowBrush, count: number): readonly number[] | null {
  return rows.length === 0 || rows.length === count ? null : rows;
}
