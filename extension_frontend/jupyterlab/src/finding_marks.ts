import { type Diagnostic, linter, lintGutter, setDiagnostics } from "@codemirror/lint";
import { Compartment, type Extension } from "@codemirror/state";
import { type EditorView, ViewPlugin } from "@codemirror/view";
import {
  type AuditedPrompt,
  type AuditedPrompts,
  type DocumentKey,
  FINDING_SOURCE,
  findingsOf,
  sameKey,
  textOf,
} from "@glasspane/core";
import type { CodeEditor } from "@jupyterlab/codeeditor";
import { keyOf } from "./document_key";
import type { LabSite } from "./site";

/** What a person can do about a finding; `id` is the audited prompt's. */
export interface FindingActions {
  open(id: string): void;
  runAgain(id: string): void;
}

interface Shown {
  readonly key: DocumentKey;
  readonly model: CodeEditor.IModel;
  /** Holds gutter, underlines and tooltips while there is something to show: an empty gutter would move the text. */
  readonly lint: Compartment;
  shows: boolean;
}

/**
 * What audits found, as diagnostics of CodeMirror in every editor of JupyterLab.
 *
 * CodeMirror's diagnostics are set as a whole: whoever sets theirs takes away everybody else's. This extension's own
 * copy of the library (`sharedPackages` in package.json) keeps a list of its own, beside that of a language server say.
 */
export class FindingMarks {
  private readonly views = new Map<EditorView, Shown>();

  constructor(
    private readonly audited: AuditedPrompts<LabSite>,
    private readonly siteOf: (model: CodeEditor.IModel) => LabSite | null,
    private readonly actions: FindingActions,
  ) {
    audited.changed.connect((_, key) => {
      for (const [view, shown] of this.views) if (sameKey(shown.key, key)) this.soon(view);
    });
  }

  /** For one editor. */
  extension(model: CodeEditor.IModel): Extension {
    const shown: Shown = { key: keyOf(model), model, lint: new Compartment(), shows: false };
    return [
      shown.lint.of([]),
      ViewPlugin.define((view) => {
        this.views.set(view, shown);
        this.soon(view);
        return {
          update: ({ changes, docChanged, startState }) => {
            if (docChanged) this.audited.edited(shown.key, changes, startState.doc);
          },
          destroy: () => this.views.delete(view),
        };
      }),
    ];
  }

  /** Editors take no change while they tell of one. */
  private soon(view: EditorView): void {
    queueMicrotask(() => {
      const shown = this.views.get(view);
      if (shown !== undefined) this.show(view, shown);
    });
  }

  private show(view: EditorView, shown: Shown): void {
    const { key, lint, model } = shown;
    const text = this.audited.textUnder(key);
    if (text !== null && !text.eq(view.state.doc)) {
      // Changed while no editor showed it.
      const site = this.siteOf(model);
      if (site !== null && textOf(site.source()).eq(view.state.doc)) this.audited.sync(site);
      if (this.audited.textUnder(key)?.eq(view.state.doc) === false) return;
    }
    const found = this.audited.auditedIn(key).flatMap((prompt) => this.diagnosticsOf(prompt));
    const shows = found.length > 0;
    if (!shows && !shown.shows) return;
    if (shows && !shown.shows) {
      view.dispatch({ effects: lint.reconfigure([linter(null), lintGutter({ hoverTime: 150 })]) });
    }
    shown.shows = shows;
    view.dispatch(setDiagnostics(view.state, found));
    if (!shows) view.dispatch({ effects: lint.reconfigure([]) });
  }

  private diagnosticsOf(prompt: AuditedPrompt): Diagnostic[] {
    const { from, to } = prompt.span;
    return findingsOf(prompt).map(({ code, severity, message }) => ({
      from,
      to,
      severity: severity === "warning" ? "warning" : "info",
      source: `${FINDING_SOURCE} · ${code}`,
      message,
      renderMessage: () => {
        const said = document.createElement("span");
        said.className = "gp-finding";
        said.textContent = message;
        return said;
      },
      actions: [
        { name: "Open audit", apply: () => this.actions.open(prompt.id) },
        { name: "Run again", apply: () => this.actions.runAgain(prompt.id) },
      ],
    }));
  }
}
