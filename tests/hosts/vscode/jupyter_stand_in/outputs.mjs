// A kernel's messages as outputs of VS Code.
import { NotebookCellOutput, NotebookCellOutputItem } from "vscode";

/** The output that a message brings; null for messages that bring none (and for updates of displays). */
export function cellOutput(kind, content) {
  switch (kind) {
    case "stream":
      return new NotebookCellOutput([streamItem(content)], { outputType: kind });
    case "error":
      return errorOutput(content);
    case "display_data":
    case "execute_result":
      return new NotebookCellOutput(
        Object.entries(content.data).map(([mime, value]) => item(mime, value)),
        {
          outputType: kind,
          executionCount: content.execution_count,
          metadata: content.metadata ?? {},
          ...(content.transient === undefined ? {} : { transient: content.transient }),
        },
      );
    default:
      return null;
  }
}

export function streamItem({ name, text }) {
  return name === "stderr" ? NotebookCellOutputItem.stderr(text) : NotebookCellOutputItem.stdout(text);
}

function errorOutput({ ename, evalue, traceback }) {
  const error = NotebookCellOutputItem.error({ name: ename, message: evalue, stack: traceback.join("\n") });
  const originalError = { output_type: "error", ename, evalue, traceback };
  return new NotebookCellOutput([error], { outputType: "error", originalError });
}

function item(mime, value) {
  const binary = mime.startsWith("image/") && mime !== "image/svg+xml" && typeof value === "string";
  if (binary) return new NotebookCellOutputItem(Buffer.from(value, "base64"), mime);
  if (Array.isArray(value)) return NotebookCellOutputItem.text(value.join(""), mime);
  return NotebookCellOutputItem.text(typeof value === "string" ? value : JSON.stringify(value), mime);
}
