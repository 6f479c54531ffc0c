/** Something to keep outside the pane: a chart, an image, a report. */
export interface MadeFile {
  /** Proposed, with its ending. */
  readonly name: string;
  readonly type: "image/svg+xml" | "image/png" | "text/html" | "application/json" | "text/csv";
  /** Text as it is; of an image that is not text, base64. */
  readonly content: string;
}

export function bytesOf({ type, content }: MadeFile): Uint8Array<ArrayBuffer> {
  if (type !== "image/png") return new TextEncoder().encode(content);
  const binary = atob(content);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
