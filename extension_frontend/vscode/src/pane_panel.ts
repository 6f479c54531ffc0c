import { randomBytes } from "node:crypto";
import {
  changesBetween,
  type FromPane,
  isEmptyChange,
  type PaneEvents,
  type PaneState,
  performAction,
  type ToPane,
} from "@glasspane/core";
import * as vscode from "vscode";

/** What a pane shows and acts on. */
export interface PaneSource {
  state(): PaneState;
  /** Fires after `state()` or `saved()` gives something else. */
  readonly onDidChange: vscode.Event<void>;
  readonly events: PaneEvents;
  /** JSON that the serializer gets back, as {@link KeptPane.saved}, when the window is loaded again. */
  saved(): unknown;
}

/** Several changes within one frame travel together. */
const FRAME_MS = 16;

/** The pane as a panel beside the editor. */
export class PanePanel implements vscode.Disposable {
  static readonly viewType = "glasspane.pane";

  private readonly disposables: vscode.Disposable[] = [];
  private readonly disposed = new vscode.EventEmitter<void>();
  readonly onDidDispose = this.disposed.event;
  private ready = false;
  private timer: NodeJS.Timeout | null = null;
  /** What the pane has; null: nothing. */
  private sent: PaneState | null = null;
  private sentSaved: string | undefined;

  /** Beside the editor, which keeps the focus. */
  static open(extension: vscode.Uri, source: PaneSource): PanePanel {
    const panel = vscode.window.createWebviewPanel(
      PanePanel.viewType,
      "Glasspane",
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { retainContextWhenHidden: true },
    );
    return new PanePanel(panel, extension, source);
  }

  /** For a panel that VS Code brought back (`WebviewPanelSerializer`). */
  static revive(panel: vscode.WebviewPanel, extension: vscode.Uri, source: PaneSource): PanePanel {
    return new PanePanel(panel, extension, source);
  }

  private constructor(
    private readonly panel: vscode.WebviewPanel,
    extension: vscode.Uri,
    private readonly source: PaneSource,
  ) {
    const media = (name: string) => vscode.Uri.joinPath(extension, "media", name);
    panel.iconPath = { light: media("pane-light.svg"), dark: media("pane-dark.svg") };
    const { webview } = panel;
    const dist = vscode.Uri.joinPath(extension, "dist");
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    webview.onDidReceiveMessage((message: unknown) => this.receive(message), null, this.disposables);
    panel.onDidChangeViewState(() => this.later(), null, this.disposables);
    panel.onDidDispose(() => this.cleanUp(), null, this.disposables);
    source.onDidChange(() => this.later(), null, this.disposables);
    webview.html = page(webview, dist);
  }

  get visible(): boolean {
    return this.panel.visible;
  }

  reveal(): void {
    this.panel.reveal(undefined, true);
  }

  dispose(): void {
    this.panel.dispose();
  }

  private cleanUp(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    for (const each of this.disposables) each.dispose();
    this.disposed.fire();
    this.disposed.dispose();
  }

  private receive(message: unknown): void {
    if (typeof message !== "object" || message === null) return;
    const { type, action } = message as { type?: FromPane["type"]; action?: unknown };
    if (type === "ready") {
      this.ready = true;
      this.forget();
      this.send();
    } else if (type === "action") performAction(action, this.source.events);
  }

  private later(): void {
    if (!this.ready || this.timer !== null) return;
    this.timer = setTimeout(() => this.send(), FRAME_MS);
  }

  private send(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const state = this.source.state();
    const change = changesBetween(this.sent, state);
    this.sent = state;
    if (!isEmptyChange(change)) this.post({ type: "state", ...change });
    // A pointer that moves over tokens changes nothing that is kept.
    const changed = Object.keys(change.fields);
    if (changed.length > 0 && changed.every((field) => field === "focusedToken")) return;
    const saved = JSON.stringify(this.source.saved());
    if (saved === this.sentSaved) return;
    this.sentSaved = saved;
    this.post({ type: "saved", saved: saved === undefined ? null : JSON.parse(saved) });
  }

  private post(message: ToPane): void {
    this.panel.webview.postMessage(message).then(
      // What did not arrive is sent again, whole, with the next change or when the panel is shown.
      (arrived) => arrived || this.forget(),
      () => this.forget(),
    );
  }

  private forget(): void {
    this.sent = null;
    this.sentSaved = undefined;
  }
}

/** Nothing but the bundle's own script and style may load; data is never markup. */
function page(webview: vscode.Webview, dist: vscode.Uri): string {
  const nonce = randomBytes(16).toString("base64url");
  const of = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, name));
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    // A chart on its way to pixels.
    "img-src data:",
    // Neither falls back to default-src.
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <title>Glasspane</title>
  <link rel="stylesheet" href="${of("pane.css")}">
</head>
<body>
  <main id="pane"></main>
  <script nonce="${nonce}" src="${of("pane.js")}"></script>
</body>
</html>`;
}
