import { DISPLAYED_CODE, type Request, wellFormed } from "@glasspane/core";
import { installRequirement } from "./install_line";

/** Python that answers a request by displaying the answer, and leaves nothing behind. */
export function kernelCode(request: Request, job: string, cancelFile: string): string {
  const asked = wellFormed(request.kind === "explain" ? { ...request, job } : request);
  const literals: Readonly<Record<string, string>> = {
    REQUEST: pythonLiteral(JSON.stringify(asked)),
    CANCEL_FILE: pythonLiteral(cancelFile),
    REQUIREMENT: pythonLiteral(installRequirement()),
  };
  // In one pass: what is put in may contain these words.
  return DISPLAYED_CODE.replace(/\b(REQUEST|CANCEL_FILE|REQUIREMENT)\b/g, (name) => literals[name] ?? name);
}

/** A Python string literal in plain ASCII: JSON's escapes are Python's too. */
function pythonLiteral(text: string): string {
  return JSON.stringify(text).replace(
    /[^\0-\x7f]/gu,
    (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`,
  );
}
