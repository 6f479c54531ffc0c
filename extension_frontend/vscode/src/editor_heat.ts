import type { Text } from "@codemirror/state";
import {
  type DrawnHeat,
  HEAT_TEXT_NAME,
  type HeatSign,
  heatColourName,
  heatLineName,
  staleReasonOf,
} from "@glasspane/core";
import * as vscode from "vscode";
import { changesOf, offsetAt, rangeOf } from "./document_text";
import type { EditorHeatMemory, HeatValue } from "./heat_marks";
import { keyOf } from "./site";

const SIDES = ["for", "against", "unsigned"] as const;
const LEVELS = [1, 2, 3, 4, 5] as const;
/** Lines drawn beyond those on the screen, so that a little scrolling shows no bare text. */
const MARGIN = 30;
const SCROLL_MS = 40;

const STALE_HINT = "Out of date: hover a token, or press the light bulb, to explain again.";

type Bin = `${(typeof SIDES)[number]}${(typeof LEVELS)[number]}` | "pointed" | "stale";

/** Draws heat in every visible editor: one decoration type for each colour, only what is on the screen. */
export class EditorHeat implements vscode.Disposable {
  private readonly types = new Map<Bin, vscode.TextEditorDecorationType>();
  /** Which types an editor has ranges of: an empty one need not be sent again. */
  private readonly drawn = new WeakMap<vscode.TextEditor, Set<Bin>>();
  private readonly disposables: vscode.Disposable[] = [];
  private readonly scrolled = new Map<vscode.TextEditor, NodeJS.Timeout>();

  constructor(private readonly memory: EditorHeatMemory) {
    for (const side of SIDES)
      for (const level of LEVELS) this.types.set(`${side}${level}`, heatType(side, level));
    this.types.set("pointed", pointedType());
    this.types.set("stale", staleType());
    memory.changed.connect((_, key) => {
      for (const editor of vscode.window.visibleTextEditors) {
        const here = keyOf(editor.document);
        if (here.document === key.document && here.id === key.id) this.draw(editor);
      }
    });
    vscode.workspace.onDidChangeTextDocument((event) => this.edited(event), null, this.disposables);
    vscode.window.onDidChangeVisibleTextEditors(
      (editors) => {
        for (const editor of editors) this.draw(editor);
      },
      null,
      this.disposables,
    );
    vscode.window.onDidChangeTextEditorVisibleRanges(
      ({ textEditor }) => this.soon(textEditor),
      null,
      this.disposables,
    );
  }

  dispose(): void {
    for (const timer of this.scrolled.values()) clearTimeout(timer);
    for (const each of [...this.types.values(), ...this.disposables]) each.dispose();
  }

  private edited(event: vscode.TextDocumentChangeEvent): void {
    if (event.contentChanges.length === 0) return;
    const key = keyOf(event.document);
    const before = this.memory.textUnderHeat(key);
    if (before === null) return;
    this.memory.edited(key, changesOf(before, event), before);
    // VS Code moves decorations along with edits; what an edit at their edge did is drawn anew.
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document === event.document) this.soon(editor);
    }
  }

  private soon(editor: vscode.TextEditor): void {
    if (this.scrolled.has(editor)) return;
    this.scrolled.set(
      editor,
      setTimeout(() => {
        this.scrolled.delete(editor);
        this.draw(editor);
      }, SCROLL_MS),
    );
  }

  private draw(editor: vscode.TextEditor): void {
    const key = keyOf(editor.document);
    const heats = this.memory.heatsOf(key);
    const before = this.drawn.get(editor) ?? new Set();
    if (heats.length === 0 && before.size === 0) return;
    const text = this.memory.textUnderHeat(key);
    const bins = text === null ? new Map<Bin, vscode.DecorationOptions[]>() : rangesOf(heats, text, editor);
    for (const bin of new Set([...before, ...bins.keys()])) {
      const type = this.types.get(bin);
      if (type !== undefined) editor.setDecorations(type, bins.get(bin) ?? []);
    }
    this.drawn.set(editor, new Set(bins.keys()));
  }
}

/** What to draw, by colour: the tokens on the screen and around it. */
function rangesOf(
  heats: readonly DrawnHeat<HeatValue>[],
  text: Text,
  editor: vscode.TextEditor,
): Map<Bin, vscode.DecorationOptions[]> {
  const bins = new Map<Bin, vscode.DecorationOptions[]>();
  const add = (bin: Bin, from: number, to: number, hoverMessage?: string) => {
    const ranges = bins.get(bin) ?? [];
    ranges.push({ range: rangeOf(text, from, to), ...(hoverMessage === undefined ? {} : { hoverMessage }) });
    bins.set(bin, ranges);
  };
  for (const heat of heats) {
    const stale = staleReasonOf(heat) !== null;
    if (stale && heat.tokens.size > 0) add("stale", heat.span.to, heat.span.to, STALE_HINT);
    for (const { start, end } of editor.visibleRanges) {
      const from = offsetAt(text, new vscode.Position(Math.max(0, start.line - MARGIN), 0));
      const to = offsetAt(text, new vscode.Position(end.line + MARGIN, Number.MAX_SAFE_INTEGER));
      heat.tokens.between(from, to, (tokenFrom, tokenTo, { token: { mark } }) => {
        const bin = binOf(mark.sign, mark.level, stale);
        if (bin !== null) add(bin, tokenFrom, tokenTo);
        if (heat.pointed !== null && mark.tokens.includes(heat.pointed)) add("pointed", tokenFrom, tokenTo);
      });
    }
  }
  return bins;
}

/** Out-of-date heat fades: its strongest colours become weak ones. */
function binOf(sign: HeatSign, level: number, stale: boolean): Bin | null {
  const strength = Math.min(5, Math.abs(level));
  const shown = LEVELS[(stale ? Math.ceil(strength / 3) : strength) - 1];
  return sign === "none" || shown === undefined ? null : `${sign}${shown}`;
}

function heatType(side: (typeof SIDES)[number], level: number): vscode.TextEditorDecorationType {
  const line = new vscode.ThemeColor(heatLineName(side) ?? "");
  return vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor(heatColourName({ sign: side, level }) ?? ""),
    // Syntax colours are chosen for the editor's background, not for heat.
    color: new vscode.ThemeColor(HEAT_TEXT_NAME),
    ...(side === "unsigned"
      ? {}
      : {
          borderColor: line,
          borderStyle: side === "for" ? "none none solid none" : "none none dashed none",
          borderWidth: "0 0 2px 0",
        }),
    overviewRulerColor: line,
    overviewRulerLane: vscode.OverviewRulerLane.Right,
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
}

function pointedType(): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    outline: "1px solid",
    outlineColor: new vscode.ThemeColor("focusBorder"),
  });
}

function staleType(): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    after: {
      contentText: "⟳",
      margin: "0 0 0 0.6em",
      color: new vscode.ThemeColor("editorCodeLens.foreground"),
    },
  });
}
