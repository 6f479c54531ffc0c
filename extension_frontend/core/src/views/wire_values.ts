/** What a value that came over a wire is: looked at, not trusted. */

export const isText = (value: unknown): boolean => typeof value === "string";
export const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
export const isTextOrNumber = (value: unknown): boolean => isText(value) || Number.isFinite(value);
export const isPlain = (value: unknown): boolean => isTextOrNumber(value) || typeof value === "boolean";
export const isPlainOrNull = (value: unknown): boolean => value === null || isPlain(value);

/** An object whose fields are all plain: every reference, target and set of options is one. */
export function isFlat(value: unknown, field = isPlain): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => field(each))
  );
}

export const isIndex = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
export const oneOf =
  (...names: readonly string[]) =>
  (value: unknown): boolean =>
    isText(value) && names.includes(value as string);
/** A web address that may be kept with a result: it holds no user, password, query or fragment. */
export function isEndpointAddress(value: unknown): boolean {
  if (typeof value !== "string" || !/^https?:\/\/[^/]/.test(value)) return false;
  // Behind a backslash browsers and Python see another host.
  if (/[?#\s\\\p{C}]/u.test(value)) return false;
  try {
    const { username, password } = new URL(value);
    return username === "" && password === "";
  } catch {
    return false;
  }
}

/** A file below the folder that the kernel runs in, and of a kind that holds nothing but ledgers and the like. */
export function isLedgerPath(value: unknown): boolean {
  return (
    typeof value === "string" &&
    value.length <= 300 &&
    /^(?![/\\~]|[A-Za-z]:)[^\p{Cc}]*[^/\\\p{Cc}]\.jsonl$/u.test(value) &&
    !value.split(/[/\\]/).includes("..")
  );
}

export const isIndexOrNull = (value: unknown): boolean => value === null || isIndex(value);
export const isTruth = (value: unknown): boolean => typeof value === "boolean";
export const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
