/** Translates between the code points Python counts and the UTF-16 units editors count, for one text. */
export class CodePointIndex {
  /** Number of code points; a lone surrogate counts as one, as in Python. */
  readonly length: number;
  /** Code-point positions of the astral characters, ascending: each adds one UTF-16 unit. */
  private readonly astral: readonly number[];
  private readonly units: number;

  constructor(text: string) {
    const astral: number[] = [];
    let codePoints = 0;
    for (const character of text) {
      if (character.length === 2) astral.push(codePoints);
      codePoints += 1;
    }
    this.astral = astral;
    this.length = codePoints;
    this.units = text.length;
  }

  /** UTF-16 offset of a code-point offset; clamped to the text. */
  toUtf16(codePoint: number): number {
    const at = Math.max(0, Math.min(codePoint, this.length));
    return at + this.astralBefore((position) => position < at);
  }

  /** Code-point offset of a UTF-16 offset; the middle of a surrogate pair belongs to its start. */
  toCodePoint(utf16: number): number {
    const at = Math.max(0, Math.min(utf16, this.units));
    // The k-th astral character (from 0) at code point p ends at UTF-16 offset p + k + 2.
    return at - this.astralBefore((position, rank) => position + rank < at);
  }

  /** How many astral characters satisfy a condition that holds for a prefix of them. */
  private astralBefore(holds: (position: number, rank: number) => boolean): number {
    let low = 0;
    let high = this.astral.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(this.astral[middle] ?? 0, middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
