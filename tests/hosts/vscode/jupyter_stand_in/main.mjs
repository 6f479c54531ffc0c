// Wires the stand-in together: notebooks run on kernels, and other extensions may use those kernels.
import * as vscode from "vscode";
import { apiOf } from "./kernel_api.mjs";
import { NotebookKernel } from "./notebook_kernel.mjs";
import { JupyterServer } from "./server.mjs";

let server;
const kernels = new Map();

export function activate(context) {
  const controller = vscode.notebooks.createNotebookController("stand-in", "jupyter-notebook", "Python 3");
  controller.supportedLanguages = ["python"];
  controller.supportsExecutionOrder = true;

  const kernelOf = (notebook) => {
    server ??= JupyterServer.start();
    if (!kernels.has(notebook)) kernels.set(notebook, new NotebookKernel(controller, notebook, server));
    return kernels.get(notebook);
  };
  controller.executeHandler = (cells, notebook) => kernelOf(notebook).runCells(cells);
  controller.interruptHandler = (notebook) => kernels.get(notebook)?.interrupt();

  const prefer = (notebook) =>
    controller.updateNotebookAffinity(notebook, vscode.NotebookControllerAffinity.Preferred);
  vscode.workspace.notebookDocuments.forEach(prefer);

  context.subscriptions.push(
    controller,
    vscode.workspace.onDidOpenNotebookDocument(prefer),
    vscode.workspace.onDidCloseNotebookDocument((notebook) => {
      kernels.get(notebook)?.shutDown();
      kernels.delete(notebook);
    }),
    vscode.commands.registerCommand("jupyter.restartkernel", async () => {
      await kernels.get(vscode.window.activeNotebookEditor?.notebook)?.restart();
      void vscode.window.showInformationMessage("The kernel was restarted.");
    }),
  );

  return {
    kernels: {
      async getKernel(uri) {
        const found = [...kernels].find(([notebook]) => notebook.uri.toString() === uri.toString());
        // Kernels that the user has not run anything in are nobody's business.
        return found?.[1].userHasRun ? apiOf(found[1]) : undefined;
      },
    },
  };
}

export async function deactivate() {
  await (await server)?.stop();
}
