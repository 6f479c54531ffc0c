import { type Extension, Prec } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, hoverTooltip, WidgetType } from "@codemirror/view";
import {
  type AttributionResult,
  hoverContent,
  staleReasonOf,
  type TokenSpec,
  tokenAt,
} from "@glasspane/core";
import type { EditorHeat, EditorHeatMemory } from "./heat_memory";

/** What a person can do on heat in the text. */
export interface HeatActions {
  runAgain(heat: string): void;
  clear(heat: string): void;
  /** The pointer is on a token (null: left it). */
  pointed(heat: string, token: number | null): void;
  /** A heated token was clicked. */
  chosen(heat: string): void;
  resultOf(heat: string): AttributionResult | null;
}

/** Colours, hover and the two small buttons after a heated prompt. */
export function editorHeat(memory: EditorHeatMemory, actions: HeatActions): Extension {
  const field = memory.state;
  return [
    EditorView.decorations.computeN([field], (state) => state.field(field).map((heat) => heat.tokens)),
    // Lowest precedence: wraps the tokens, so that one class fades them all.
    Prec.lowest(
      EditorView.decorations.compute([field], (state) =>
        Decoration.set(
          state.field(field).map((heat) => regionOf(heat)),
          true,
        ),
      ),
    ),
    EditorView.decorations.compute([field], (state) =>
      Decoration.set(
        state.field(field).flatMap((heat) => buttonsOf(heat, actions)),
        true,
      ),
    ),
    EditorView.decorations.computeN([field], (state) => state.field(field).flatMap(pointedOf)),
    hoverTooltip(
      (view, position, side) => {
        const hit = tokenAt(view.state.field(field), position, side, specOf);
        if (hit === null) return null;
        const result = actions.resultOf(hit.heat);
        if (result === null) return null;
        return {
          pos: hit.from,
          end: hit.to,
          above: true,
          create: () => {
            actions.pointed(hit.heat, hit.mark.tokens[0] ?? null);
            return {
              dom: hoverContent(hit.mark, result, staleReasonOf(hit.drawn)),
              destroy: () => actions.pointed(hit.heat, null),
            };
          },
        };
      },
      { hoverTime: 150 },
    ),
    EditorView.domEventHandlers({
      click(event, view) {
        const position = view.posAtCoords({ x: event.clientX, y: event.clientY });
        const hit = position === null ? null : tokenAt(view.state.field(field), position, 1, specOf);
        if (hit !== null) actions.chosen(hit.heat);
        return false;
      },
    }),
  ];
}

function regionOf(heat: EditorHeat) {
  const states = [
    "gp-heat-region",
    staleReasonOf(heat) === null ? "" : "gp-heat-stale",
    heat.pending ? "gp-heat-pending" : "",
  ];
  return Decoration.mark({ class: states.filter(Boolean).join(" ") }).range(heat.span.from, heat.span.to);
}

function buttonsOf(heat: EditorHeat, actions: HeatActions) {
  if (heat.tokens.size === 0) return [];
  const widget = new HeatButtons(heat.id, staleReasonOf(heat) !== null, actions);
  return [Decoration.widget({ widget, side: 1 }).range(heat.span.to)];
}

function pointedOf(heat: EditorHeat): DecorationSet[] {
  if (heat.pointed === null) return [];
  const ranges: ReturnType<Decoration["range"]>[] = [];
  for (const cursor = heat.tokens.iter(); cursor.value !== null; cursor.next()) {
    if (specOf(cursor.value)?.mark.tokens.includes(heat.pointed)) {
      ranges.push(Decoration.mark({ class: "gp-pointed-token" }).range(cursor.from, cursor.to));
    }
  }
  return [Decoration.set(ranges)];
}

function specOf(decoration: Decoration): TokenSpec | null {
  const spec = decoration.spec as { readonly glasspane?: TokenSpec };
  return spec.glasspane ?? null;
}

/** ⟳ runs again (shown when the heat is out of date), ✕ clears. */
class HeatButtons extends WidgetType {
  constructor(
    private readonly heat: string,
    private readonly stale: boolean,
    private readonly actions: HeatActions,
  ) {
    super();
  }

  override eq(other: HeatButtons): boolean {
    return other.heat === this.heat && other.stale === this.stale;
  }

  override toDOM(): HTMLElement {
    const box = document.createElement("span");
    box.className = this.stale ? "gp-heat-buttons gp-heat-buttons-stale" : "gp-heat-buttons";
    if (this.stale) {
      box.append(button("⟳", "Explain again", "gp-run-again", () => this.actions.runAgain(this.heat)));
    }
    box.append(button("✕", "Clear heat", "gp-clear", () => this.actions.clear(this.heat)));
    return box;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

function button(sign: string, label: string, className: string, action: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = className;
  element.textContent = sign;
  element.title = label;
  element.setAttribute("aria-label", label);
  // A press must neither move the cursor nor take the focus from the editor.
  element.addEventListener("mousedown", (event) => event.preventDefault());
  element.addEventListener("click", (event) => {
    event.preventDefault();
    event.stopPropagation();
    action();
  });
  return element;
}
