/** One token in a matrix: what it reads, and who reads it. */
import { shade, visibleToken } from "../../heat.js";
import type { MatrixNumbers } from "../../matrix_numbers.js";
import { heatClass } from "../../palette.js";
import type { Token, TokenReading } from "../../protocol.js";
import { type Child, element, numberAt } from "../element.js";
import { percent } from "../figures.js";
import { runningText, tokenText } from "../token_text.js";
import { type TokenWindow, windowHolding, windowSlider } from "../token_window.js";

export type Direction = "reads" | "read_by";

/** Weights of one token with every other, and by how much each may be off. */
export interface Weights {
  readonly token: number;
  readonly direction: Direction;
  readonly values: readonly number[];
  readonly error: number;
}

/** The exact numbers where they are there, else those of the drawing. */
export function weightsOf(
  numbers: MatrixNumbers,
  exact: TokenReading | null,
  token: number,
  direction: Direction,
): Weights {
  if (exact?.token === token) return { token, direction, values: exact[direction], error: 0 };
  const values = direction === "reads" ? numbers.row(token) : numbers.column(token);
  return { token, direction, values, error: numbers.error };
}

/** Indices of the largest, largest first; equal ones in reading order. Nothing is not strong. */
export function strongest(values: readonly number[], count: number): number[] {
  const best: number[] = [];
  values.forEach((value, index) => {
    if (!(value > 0)) return;
    const last = best[best.length - 1];
    if (best.length === count && last !== undefined && value <= (values[last] ?? 0)) return;
    const place = best.findIndex((other) => (values[other] ?? 0) < value);
    best.splice(place < 0 ? best.length : place, 0, index);
    if (best.length > count) best.pop();
  });
  return best;
}

/** Tokens drawn at once: more would make every hover slow. */
const DRAWN = 240;
const LISTED = 8;

export interface ReadingPanel {
  readonly element: HTMLElement;
  show(weights: Weights | null, remark: string | null): void;
}

export interface ReadingPanelOptions {
  readonly tokens: readonly Token[];
  /** E.g. "weight". */
  readonly unit: string;
  readonly turned: (direction: Direction) => void;
  readonly pointed: (token: number | null) => void;
  readonly chosen: (token: number) => void;
}

export function readingPanel({ tokens, unit, turned, pointed, chosen }: ReadingPanelOptions): ReadingPanel {
  const title = element("p", { class: "gp-reading-title", role: "status" });
  const toggle = element("div", { class: "gp-choices", role: "group", "aria-label": "Direction" });
  const turns = (["reads", "read_by"] as const).map((direction) => {
    const made = element(
      "button",
      { type: "button", "data-key": `direction-${direction}` },
      [direction === "reads" ? "Reads" : "Read by"],
      { click: () => turned(direction) },
    );
    toggle.append(made);
    return [direction, made] as const;
  });
  const strip = element("div", {
    class: "gp-strip gp-reading-strip",
    role: "group",
    "aria-label": "Tokens by weight",
  });
  const body = element("tbody");
  const table = element("table", { class: "gp-table gp-reading-table" }, [
    element("caption", { class: "gp-spoken" }, [`Strongest ${unit}s of this token`]),
    element("thead", {}, [
      element("tr", {}, [
        element("th", { scope: "col", class: "gp-number" }, ["#"]),
        element("th", { scope: "col" }, ["Token"]),
        element("th", { scope: "col", class: "gp-number" }, [unit[0]?.toUpperCase() + unit.slice(1)]),
      ]),
    ]),
    body,
  ]);
  const note = element("p", { class: "gp-quiet" });
  let window: TokenWindow = { from: 0, to: 0 };
  let spans: readonly HTMLElement[] = [];
  let shown: Weights | null = null;
  const slider = windowSlider(tokens.length, DRAWN, "tokens", (moved) => {
    window = moved;
    draw();
    shadeStrip();
  });
  const draw = () => {
    spans = tokens
      .slice(window.from, window.to)
      .map((token) =>
        element("span", { class: "gp-token", "data-token": token.index, title: `token ${token.index + 1}` }, [
          token.special ? visibleToken(token.text) : runningText(token.text),
        ]),
      );
    strip.replaceChildren(
      ...spans.flatMap((span, index) =>
        /\n\s*$/.test(tokens[window.from + index]?.text ?? "") ? [span, element("br")] : [span],
      ),
    );
  };
  const shadeStrip = () => {
    const values = shown?.values ?? [];
    let most = 0;
    for (const value of values) if (value > most) most = value;
    spans.forEach((span, index) => {
      const at = window.from + index;
      const value = values[at] ?? 0;
      // The same square root as in the matrix.
      span.className = `gp-token ${heatClass(shade(Math.sqrt(value), Math.sqrt(most), false))}${
        at === shown?.token ? " gp-pointed-token" : ""
      }`;
      span.title = shown === null ? `token ${at + 1}` : `token ${at + 1}: ${percent(value)}`;
    });
  };
  strip.addEventListener("pointerover", (event) => {
    const token = numberAt(event.target, "token");
    if (token !== null) pointed(token);
  });
  strip.addEventListener("pointerleave", () => pointed(null));
  strip.addEventListener("click", (event) => {
    const token = numberAt(event.target, "token");
    if (token !== null) chosen(token);
  });
  const root = element("div", { class: "gp-reading" }, [
    element("div", { class: "gp-tokens-head" }, [toggle]),
    title,
    strip,
    slider.element,
    element("div", { class: "gp-table-box" }, [table]),
    note,
  ]);
  const list = ({ values, direction }: Weights): Child[] => {
    const best = strongest(values, LISTED);
    if (best.length === 0) {
      const words = direction === "reads" ? "It reads nothing else here." : "Nothing reads it here.";
      return [element("tr", {}, [element("td", { colspan: 3 }, [words])])];
    }
    const most = values[best[0] ?? 0] ?? 0;
    return best.map((index) =>
      element("tr", { "data-token": index }, [
        element("td", { class: "gp-number gp-quiet" }, [String(index + 1)]),
        element("td", { class: "gp-code" }, tokenText(tokens[index]?.text ?? "")),
        element("td", { class: "gp-number" }, [
          element("span", { class: "gp-bar", "--gp-share": ((values[index] ?? 0) / most).toFixed(4) }, [
            percent(values[index] ?? 0),
          ]),
        ]),
      ]),
    );
  };
  return {
    element: root,
    show(weights, remark) {
      shown = weights;
      root.hidden = weights === null;
      if (weights === null) return;
      const { token, direction, values, error } = weights;
      for (const [name, made] of turns) made.setAttribute("aria-pressed", String(name === direction));
      const name = visibleToken(tokens[token]?.text ?? "");
      title.replaceChildren(
        element("span", { class: "gp-code gp-reading-token" }, [name]),
        direction === "reads" ? " reads" : " is read by",
        element("span", { class: "gp-quiet" }, [` · token ${token + 1} of ${tokens.length}`]),
      );
      const next = windowHolding(tokens.length, token, DRAWN, window);
      if (next !== window || spans.length === 0) {
        window = next;
        slider.show(window);
        draw();
      }
      shadeStrip();
      // Under the pointer nothing moves.
      if (!strip.matches(":hover")) queueMicrotask(() => bringIntoView(strip, spans[token - window.from]));
      body.replaceChildren(
        ...list({ token, direction, values, error }).filter((row) => row !== null && row !== false),
      );
      note.textContent =
        remark ??
        (error === 0
          ? "Exact numbers."
          : `Rounded for drawing: each is within ${percent(error)} of the exact one.`);
    },
  };
}

/** Scrolls the box alone, not the pane. */
function bringIntoView(box: HTMLElement, item: HTMLElement | undefined): void {
  if (item === undefined) return;
  const [outer, inner] = [box.getBoundingClientRect(), item.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    box.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
  }
}
