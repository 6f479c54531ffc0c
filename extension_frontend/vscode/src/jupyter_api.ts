import * as vscode from "vscode";

/** The part of the Jupyter extension's interface that is used (ms-toolsai.jupyter; typings `@vscode/jupyter-extension`). */
export interface JupyterApi {
  readonly kernels: {
    /** Only kernels that the person started. Asks the person, the first time, whether this extension may. */
    getKernel(notebook: vscode.Uri): Thenable<JupyterKernel | undefined>;
  };
}

export interface JupyterKernel {
  readonly status: string;
  readonly language: string;
  executeCode(code: string, token: vscode.CancellationToken): AsyncIterable<JupyterOutput>;
}

export interface JupyterOutput {
  readonly items: Iterable<{ readonly mime: string; readonly data: Uint8Array }>;
}

const EXTENSION = "ms-toolsai.jupyter";

export function hasJupyter(): boolean {
  return vscode.extensions.getExtension(EXTENSION) !== undefined;
}

export async function jupyterApi(): Promise<JupyterApi | null> {
  const extension = vscode.extensions.getExtension<Partial<JupyterApi>>(EXTENSION);
  const api = extension === undefined ? null : await extension.activate();
  return api?.kernels === undefined ? null : (api as JupyterApi);
}
