/** The prompt's tokens in running text, coloured; arrow keys walk along them. */
import { type TokenRow, visibleToken } from "../heat.js";
import { heatClass } from "../palette.js";
import type { AttributionResult } from "../protocol.js";
import { element, numberAt } from "./element.js";
import { figure, percent, quoted } from "./figures.js";
import { runningText } from "./token_text.js";

/** One line on a token: "France +0.87 · 62 % of the magnitude · token 4 of 5". */
export function rowSentence(row: TokenRow, total: number, signed: boolean): string {
  const piece = row.piece === null ? "" : ` (piece ${row.piece.at} of ${row.piece.of})`;
  return [
    `${row.shown}${piece} ${figure(row.score, signed)}`,
    row.special ? "special token, not in the scale" : `${percent(row.share)} of the magnitude`,
    `${place(row)} of ${total}`,
  ].join(" · ");
}

function place({ tokens, position }: TokenRow): string {
  return tokens.length === 1 ? `token ${position}` : `tokens ${position}–${position + tokens.length - 1}`;
}

export interface HeatStrip {
  readonly element: HTMLElement;
  point(index: number | null): void;
}

/** `onPoint` hears which token pointer or focus is on (null: none). */
export function heatStrip(
  result: AttributionResult,
  rows: readonly TokenRow[],
  onPoint: (index: number | null) => void,
): HeatStrip {
  // The legend's line tells about the token pointed at, so nothing moves.
  const caption = element("div", { class: "gp-caption" }, [legend(result.method.signed)]);
  const tokens: HTMLElement[] = [];
  const flow = element("div", {
    class: "gp-strip",
    role: "group",
    "aria-label": "Tokens and their weight",
    "data-scroll": "strip",
  });
  let role: string | null = null;
  for (const row of rows) {
    if (row.role !== null && row.role !== role) {
      flow.append(element("span", { class: "gp-role" }, [row.role]));
      role = row.role;
    }
    const [text, breaks] = stripText(row);
    const token = element(
      "span",
      {
        class: `gp-token ${row.special ? "gp-special" : heatClass(row)}`,
        "data-token": row.index,
        "data-key": `token-${row.index}`,
        role: "note",
        tabindex: tokens.length === 0 ? 0 : -1,
        "aria-label": rowSentence(row, result.tokens.length, result.method.signed),
      },
      [text],
    );
    tokens.push(token);
    flow.append(token);
    if (breaks) flow.append(element("br"));
  }
  const last = lastOfCompletion(result);
  if (last !== null) {
    const title = "The completion's last token: explained, not scored";
    flow.append(element("span", { class: "gp-token gp-special", title }, [visibleToken(last)]));
  }

  const point = (index: number | null) => {
    for (const lit of flow.querySelectorAll(".gp-pointed-token")) lit.classList.remove("gp-pointed-token");
    const order = index === null ? -1 : rows.findIndex((row) => row.tokens.includes(index));
    const row = rows[order];
    caption.replaceChildren(
      row === undefined
        ? legend(result.method.signed)
        : element("p", { class: "gp-readout" }, [
            rowSentence(row, result.tokens.length, result.method.signed),
          ]),
    );
    tokens[order]?.classList.add("gp-pointed-token");
  };
  const hear = (target: EventTarget | null) => {
    const index = numberAt(target, "token");
    point(index);
    onPoint(index);
  };
  flow.addEventListener("pointerover", (event) => hear(event.target));
  flow.addEventListener("pointerleave", () => hear(null));
  flow.addEventListener("focusin", (event) => hear(event.target));
  flow.addEventListener("focusout", () => hear(null));
  flow.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    const at = tokens.indexOf(event.target as HTMLElement);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(tokens.length - 1, at + step));
    tokens[at]?.setAttribute("tabindex", "-1");
    tokens[next]?.setAttribute("tabindex", "0");
    tokens[next]?.focus();
  });
  const remark =
    last !== null &&
    element("p", { class: "gp-quiet" }, [
      `${quoted(last)} at the end is explained, not scored: the model writes it last and does not read it.`,
    ]);
  return {
    element: element(
      "div",
      {},
      [flow, remark || null, caption].filter((part) => part !== null),
    ),
    point,
  };
}

/** What the model did not read of a completion: its last token, which nothing was written after. */
function lastOfCompletion({ target, tokens }: AttributionResult): string | null {
  if (target.kind !== "completion") return null;
  const read = target.ids.length > 1 ? tokens.slice(1 - target.ids.length) : [];
  const text = read.map((token) => token.text).join("");
  return target.text.startsWith(text) && target.text !== text ? target.text.slice(text.length) : null;
}

/** The token as running text; signs only where there would be nothing to see, and whether its line ends. */
function stripText({ token, shown, piece }: TokenRow): [text: string, breaks: boolean] {
  // Pieces of one character: it is shown once, then dots.
  if (piece !== null && piece.at > 1) return ["‥", false];
  return [token.text.trim() === "" ? shown : runningText(token.text), /\n\s*$/.test(token.text)];
}

/** What the colours mean, for the method at hand. */
export function legend(signed: boolean): HTMLElement {
  const sample = (sign: "for" | "against" | "unsigned", level: number, text: string) =>
    element("span", {}, [
      element("span", { class: `gp-sample ${heatClass({ level, sign })}` }, ["abc"]),
      ` ${text}`,
    ]);
  return element(
    "p",
    { class: "gp-legend" },
    signed
      ? [sample("for", 4, "pushes for it"), sample("against", -4, "pushes against")]
      : [sample("unsigned", 4, "strength, without direction")],
  );
}
