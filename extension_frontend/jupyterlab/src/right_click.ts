import type { Extension } from "@codemirror/state";
import { type EditorView, ViewPlugin } from "@codemirror/view";
import type { SourceSpan } from "@glasspane/core";

export interface PointedAt {
  readonly view: EditorView;
  readonly selection: SourceSpan;
}

/** Where the last context menu was opened: menu commands get no event of their own. */
export class RightClick {
  private last: PointedAt | null = null;

  extension(): Extension {
    return ViewPlugin.define((view) => {
      const remember = (event: MouseEvent) => {
        const offset = view.posAtCoords({ x: event.clientX, y: event.clientY });
        this.last = offset === null ? null : { view, selection: meant(view, offset) };
      };
      // A listener of our own: the notebook prevents the default on cells that are not being
      // edited, and CodeMirror passes such events to none of its handlers.
      view.dom.addEventListener("contextmenu", remember);
      return { destroy: () => view.dom.removeEventListener("contextmenu", remember) };
    });
  }

  /** Read once per menu: a later command from the keyboard must not reuse an old place. */
  take(): PointedAt | null {
    const last = this.last;
    this.last = null;
    return last?.view.dom.isConnected ? last : null;
  }
}

/** The selection if the click was on it, else the place clicked. */
function meant(view: EditorView, offset: number): SourceSpan {
  const { from, to } = view.state.selection.main;
  return from < to && from <= offset && offset <= to ? { from, to } : { from: offset, to: offset };
}
