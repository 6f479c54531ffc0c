/** How much room text takes in a chart, which has no layout of its own, and text made to fit. */

/** Width of a character of the charts' fixed-width font, and of a digit of the small numbers below it. */
const CHARACTER = 7.4;
const DIGIT = 5.4;

/** Width of a token with its number below it. */
export function cellWidth(text: string, number: string): number {
  return Math.max(columns(text) * CHARACTER, number.length * DIGIT) + 6;
}

/** At most so many characters, the rest an ellipsis. */
export function fitted(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}

/** At most so many characters of a fixed-width font wide, where some take two. */
export function fittedColumns(text: string, most: number): string {
  if (columns(text) <= most) return text;
  let kept = "";
  for (const character of text) {
    if (columns(kept + character) > most - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Width in characters of a fixed-width font: East Asian ones and signs of the higher planes take two. */
export function columns(text: string): number {
  return Array.from(text).reduce(
    (sum, character) =>
      sum +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/.test(character) ||
      (character.codePointAt(0) ?? 0) > 0xffff
        ? 2
        : 1),
    0,
  );
}
