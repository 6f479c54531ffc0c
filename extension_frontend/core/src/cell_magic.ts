/** Cell magics whose body is Python; that of any other is a text of its own. */
const PYTHON_CELL_MAGICS = new Set(["capture", "debug", "prun", "py", "python", "python3", "time", "timeit"]);

export interface CellMagic {
  readonly name: string;
  /** Where the body starts: behind the first line. */
  readonly bodyFrom: number;
  readonly bodyIsPython: boolean;
}

/** The `%%magic` a Jupyter cell starts with, if any. */
export function cellMagic(source: string): CellMagic | null {
  const found = /^\s*%%(\w+)([^\r\n]*)(\r\n|\r|\n|$)/.exec(source);
  const name = found?.[1];
  if (found === null || name === undefined) return null;
  const writesPython = /^(writefile|file)$/.test(name) && /\.pyi?\s*$/.test(found[2] ?? "");
  return { name, bodyFrom: found[0].length, bodyIsPython: PYTHON_CELL_MAGICS.has(name) || writesPython };
}
