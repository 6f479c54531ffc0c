import { type AuditedPrompt, FINDING_SOURCE, findingsOf } from "@glasspane/core";
import { Dialog, showDialog } from "@jupyterlab/apputils";
import { Widget } from "@lumino/widgets";
import type { FindingActions } from "./finding_marks";

/**
 * What an audit found of a prompt, for those who do not point: a dialogue that keys and screen readers walk through.
 *
 * CodeMirror's own list below the text will not do: a notebook takes the focus from everything in a cell but its text.
 */
export async function listFindings(prompt: AuditedPrompt, actions: FindingActions): Promise<void> {
  const list = document.createElement("ul");
  list.className = "gp-finding-list";
  for (const { code, message } of findingsOf(prompt)) {
    const item = document.createElement("li");
    const source = document.createElement("div");
    source.textContent = `${FINDING_SOURCE} · ${code}`;
    item.append(message, source);
    list.append(item);
  }
  const { button } = await showDialog({
    title: "What the audit found",
    body: new Widget({ node: list }),
    buttons: [
      Dialog.cancelButton({ label: "Close" }),
      Dialog.createButton({ label: "Run again", actions: ["again"] }),
      Dialog.okButton({ label: "Open audit" }),
    ],
    defaultButton: 2,
  });
  if (button.actions.includes("again")) actions.runAgain(prompt.id);
  else if (button.accept) actions.open(prompt.id);
}
