// One run of one of the user's cells.
import { cellOutput, streamItem } from "./outputs.mjs";

export class CellRun {
  cancelled = false;
  #execution;
  #cell;
  #future;
  #stream;
  #clearBeforeNext = false;

  constructor(controller, cell) {
    this.#cell = cell;
    this.#execution = controller.createNotebookCellExecution(cell);
  }

  /** Whether it succeeded. */
  async run(kernel) {
    this.#execution.start(Date.now());
    await this.#execution.clearOutput();
    this.#future = kernel.connection.requestExecute({
      code: this.#cell.document.getText(),
      silent: false,
      store_history: true,
      stop_on_error: false,
      allow_stdin: true,
    });
    // Messages come faster than the editor takes them, and their order counts.
    let handled = Promise.resolve();
    this.#future.onIOPub = (message) => {
      handled = handled.then(() => this.#handle(message));
    };
    const reply = await this.#future.done.catch(() => null);
    await handled;
    const succeeded = reply?.content.status === "ok";
    this.#execution.end(succeeded, Date.now());
    return succeeded;
  }

  async #handle({ header, content }) {
    if (header.msg_type === "execute_input") this.#execution.executionOrder = content.execution_count;
    if (header.msg_type === "clear_output") {
      this.#clearBeforeNext = content.wait;
      if (!content.wait) await this.#clear();
    }
    if (header.msg_type === "update_display_data") await this.#updateDisplay(content);
    const output = cellOutput(header.msg_type, content);
    if (output === null) return;
    if (this.#clearBeforeNext) await this.#clear();
    if (header.msg_type === "stream" && this.#stream?.name === content.name) {
      await this.#execution.appendOutputItems(streamItem(content), this.#stream.output);
      return;
    }
    this.#stream = header.msg_type === "stream" ? { name: content.name, output } : undefined;
    await this.#execution.appendOutput(output);
  }

  async #clear() {
    this.#clearBeforeNext = false;
    this.#stream = undefined;
    await this.#execution.clearOutput();
  }

  /** Displays of any cell may be updated. */
  async #updateDisplay(content) {
    for (const cell of this.#cell.notebook.getCells()) {
      for (const output of cell.outputs) {
        if (output.metadata?.transient?.display_id !== content.transient.display_id) continue;
        await this.#execution.replaceOutputItems(cellOutput("display_data", content).items, output);
      }
    }
  }

  async cancel() {
    this.cancelled = true;
    if (this.#future === undefined) {
      // VS Code takes the end of a run only after its start.
      this.#execution.start();
      this.#execution.end(undefined);
    } else {
      await this.#future.done.catch(() => null);
    }
  }
}
