import { bytesOf, type MadeFile } from "@glasspane/core";

/** Hands a file to the browser, which keeps it where the person's downloads go. */
export function download(file: MadeFile): void {
  const url = URL.createObjectURL(new Blob([bytesOf(file)], { type: file.type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = file.name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
