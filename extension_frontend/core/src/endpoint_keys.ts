/** Where the key of an endpoint comes from, which is never part of a request, a result or what a pane shows. */

/** What answers for an audit, and whether a host's secret store reaches it. */
export type KeyPlace =
  /** Glasspane's server, started by an editor that keeps secrets and hands them over. */
  | "store"
  /** A notebook's kernel in JupyterLab. */
  | "lab kernel"
  /** Glasspane's own kernel in JupyterLab: it has the environment of the Jupyter server. */
  | "lab server"
  /** A kernel in VS Code that somebody else started. */
  | "editor kernel"
  /** The Jupyter server that VS Code's settings name. */
  | "named server";

/** What an environment variable may be called: as `ApiKey` has it. */
export const KEY_VARIABLE = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Typed into a field that shows nothing, a key is in no cell and no output. */
const unseen = (variable: string): string =>
  `import os, getpass; os.environ["${variable}"] = getpass.getpass()`;

/** What a person does so that the key is there. */
export function keyHelp(place: KeyPlace, variable: string): string {
  switch (place) {
    case "store":
      return `Run “Glasspane: Set Endpoint Key…” and give ${variable}: VS Code’s secret store keeps it and hands it to Glasspane’s server alone. Then run again.`;
    case "lab kernel":
      return `JupyterLab has no secret store: set ${variable} where Jupyter is started, or unseen in a cell of this kernel: ${unseen(variable)}`;
    case "lab server":
      return `JupyterLab has no secret store: set ${variable} in the terminal that starts Jupyter, and start it again.`;
    case "editor kernel":
      return `This runs in a kernel that VS Code’s secret store does not reach: set ${variable} there, unseen in a cell: ${unseen(variable)}`;
    case "named server":
      return `This runs on the Jupyter server of the setting glasspane.serverUrl, which VS Code’s secret store does not reach: set ${variable} where that server is started.`;
  }
}
