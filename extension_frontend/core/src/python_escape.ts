/** One decoded stretch of a literal's source. */
export type Escape =
  | { readonly kind: "text"; readonly text: string; readonly width: number }
  /** `\N{name}`: only Python's own table knows the character. */
  | { readonly kind: "named"; readonly width: number };

const SIMPLE: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const NUMERIC = /[0-7]{1,3}|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})/y;
const NAMED = /N\{[A-Za-z0-9 ()-]+\}/y;

/** Width of the line break at `at`: 2 for `\r\n`, 1 for `\n` or `\r`, else 0. */
export function lineBreakWidth(source: string, at: number): 0 | 1 | 2 {
  const character = source.charAt(at);
  if (character === "\n") return 1;
  if (character !== "\r") return 0;
  return source.charAt(at + 1) === "\n" ? 2 : 1;
}

/**
 * What the backslash at `at` of a literal that is not raw means.
 *
 * An escape Python does not know stands for itself, so only its backslash is consumed; so does one
 * that Python refuses (`"\x4"`), for code with a mistake in it must still be readable.
 */
export function decodeEscape(source: string, at: number): Escape {
  const next = source.charAt(at + 1);
  const simple = SIMPLE[next];
  if (simple !== undefined) return { kind: "text", text: simple, width: 2 };
  const lineBreak = lineBreakWidth(source, at + 1);
  if (lineBreak > 0) return { kind: "text", text: "", width: 1 + lineBreak };

  NUMERIC.lastIndex = at + 1;
  const numeric = NUMERIC.exec(source);
  if (numeric !== null) {
    const hexadecimal = numeric[1] ?? numeric[2] ?? numeric[3];
    const codePoint = hexadecimal === undefined ? parseInt(numeric[0], 8) : parseInt(hexadecimal, 16);
    if (codePoint <= 0x10ffff) {
      return { kind: "text", text: String.fromCodePoint(codePoint), width: 1 + numeric[0].length };
    }
  }

  NAMED.lastIndex = at + 1;
  const named = NAMED.exec(source);
  if (named !== null) return { kind: "named", width: 1 + named[0].length };
  return { kind: "text", text: "\\", width: 1 };
}
