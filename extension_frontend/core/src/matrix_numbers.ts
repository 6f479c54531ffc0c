/** The numbers that a {@link Matrix} stands for, kept as codes: a long prompt's matrix has millions. */
import type { Matrix } from "./protocol.js";

type Codes = Uint8Array | Uint16Array | Float32Array;

export class MatrixNumbers {
  private constructor(
    readonly rows: number,
    readonly columns: number,
    /** By how much two neighbouring codes differ. */
    readonly step: number,
    /** Row by row; number = code × step. */
    readonly codes: Codes,
    /** No number is off by more than this. */
    readonly error: number,
  ) {}

  /** Throws a RangeError where the data are not as many as the matrix has places. */
  static decode({ rows, columns, encoding, step, data }: Matrix): MatrixNumbers {
    const binary = atob(data);
    const width = WIDTHS[encoding];
    if (binary.length !== rows * columns * width) {
      throw new RangeError(`${binary.length} bytes are no ${rows} × ${columns} numbers of ${width} bytes.`);
    }
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = binary.charCodeAt(at);
    return new MatrixNumbers(
      rows,
      columns,
      step,
      codesOf(encoding, bytes),
      encoding === "float32" ? 0 : step / 2,
    );
  }

  at(row: number, column: number): number {
    return (this.codes[row * this.columns + column] ?? 0) * this.step;
  }

  /** [column] */
  row(row: number): number[] {
    const from = row * this.columns;
    return Array.from(this.codes.subarray(from, from + this.columns), (code) => code * this.step);
  }

  /** [row] */
  column(column: number): number[] {
    return Array.from({ length: this.rows }, (_, row) => this.at(row, column));
  }

  /**
   * The code that not more than `share` of those above 0 exceed; 0 where all are. Codes are counted in 4,096 bins, so it
   * may come out too large by a bin.
   */
  codeExceededBy(share: number): number {
    let [largest, above] = [0, 0];
    for (const code of this.codes) {
      if (code > largest) largest = code;
      if (code > 0) above += 1;
    }
    if (above === 0) return 0;
    const bins = new Uint32Array(BINS);
    const binOf = (code: number) => Math.min(BINS - 1, Math.floor((code / largest) * BINS));
    for (const code of this.codes) if (code > 0) bins[binOf(code)] = (bins[binOf(code)] ?? 0) + 1;
    let over = 0;
    for (let bin = BINS - 1; bin > 0; bin -= 1) {
      over += bins[bin] ?? 0;
      if (over > share * above) return (largest * (bin + 1)) / BINS;
    }
    return largest / BINS;
  }
}

const BINS = 4096;

const WIDTHS: Readonly<Record<Matrix["encoding"], number>> = { uint8: 1, uint16: 2, float32: 4 };

/** Little-endian whatever the machine is. */
function codesOf(encoding: Matrix["encoding"], bytes: Uint8Array<ArrayBuffer>): Codes {
  if (encoding === "uint8") return bytes;
  const view = new DataView(bytes.buffer);
  return encoding === "uint16"
    ? Uint16Array.from({ length: bytes.length / 2 }, (_, at) => view.getUint16(2 * at, true))
    : Float32Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(4 * at, true));
}
