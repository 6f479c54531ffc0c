/** Tables as text that spreadsheets and pandas read. */

export type CsvCell = string | number | boolean | null;

/** What a column is called, as in Python's frame of the same answer, and what it has in a row. */
export type CsvColumn<Row> = readonly [name: string, cell: (row: Row) => CsvCell];

/** One line for each row, below the names of the columns. */
export function csvTable<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const lines = rows.map((row) => columns.map(([, cell]) => written(cell(row))).join(","));
  return `${[columns.map(([name]) => name).join(","), ...lines].join("\n")}\n`;
}

/** Truth as Python writes it; null is an empty cell. */
function written(cell: CsvCell): string {
  if (cell === null) return "";
  if (typeof cell === "boolean") return cell ? "True" : "False";
  return typeof cell === "number" ? String(cell) : quoted(cell);
}

/** RFC 4180; a spreadsheet takes what begins like a formula for one, unless it is marked as text. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) || safe !== safe.trim() ? `"${safe.replace(/"/g, '""')}"` : safe;
}
