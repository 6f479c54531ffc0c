/** Fields that name the other prompt, the same in every part that needs one: what is chosen in one is there in the next. */
import type { AttributionResult } from "../../protocol.js";
import { button, type Child, element, numberAt } from "../element.js";
import { choiceBar, codeBox, codeLine, menu, optionsOf } from "../fields.js";
import { quoted } from "../figures.js";
import type { OtherExplanation } from "../pane_state.js";
import { tokenText } from "../token_text.js";
import type { OtherDraft, Way } from "./patch_draft.js";
import { type SwappableToken, swappableTokens } from "./token_swap.js";

export interface OtherPromptEvents {
  /** The draft was changed in a way that other fields depend on. */
  changed(): void;
  /** Something was written: whether there is another prompt by now may be another matter. */
  written(): void;
  /** Pointer or focus is on a token of the prompt. */
  pointed(token: number | null): void;
}

/** Whose fields they are: several forms with them stand in one page. */
export type FormName = "patch" | "circuit" | "probe";

const WAYS: Readonly<Record<Way, string>> = {
  token: "Replace a token",
  text: "Edit the prompt",
  explanation: "Another explained prompt",
};

export function otherPromptFields(
  form: FormName,
  draft: OtherDraft,
  result: AttributionResult,
  others: readonly OtherExplanation[],
  events: OtherPromptEvents,
): Child[] {
  const swappable = swappableTokens(result).length > 0;
  const ways = optionsOf(WAYS).filter(
    ([way]) => (way !== "token" || swappable) && (way !== "explanation" || others.length > 0),
  );
  const way = ways.some(([each]) => each === draft.way) ? draft.way : "text";
  const fields: Readonly<Record<Way, () => Child[]>> = {
    token: () => tokenFields(form, draft, result, events),
    text: () => textFields(form, draft, result, events.written),
    explanation: () => [explanationMenu(form, draft, others, events.written)],
  };
  return [
    choiceBar(`${form}-way`, "Where the other prompt comes from", ways, way, (chosen) => {
      draft.way = chosen;
      events.changed();
    }),
    ...fields[way](),
  ];
}

function tokenFields(
  form: FormName,
  draft: OtherDraft,
  result: AttributionResult,
  events: OtherPromptEvents,
): Child[] {
  const tokens = swappableTokens(result);
  const chosen = tokens.find(({ token }) => token.index === draft.token);
  const written = (text: string) => {
    draft.word = text;
    events.written();
  };
  const word = codeLine(`${form}-word`, draft.word, written, { placeholder: "another word" });
  const swap = (token: number) => {
    draft.token = token;
    events.pointed(token);
    events.changed();
    queueMicrotask(() => document.querySelector<HTMLElement>(`#gp-${form}-word`)?.focus());
  };
  const row = tokenRow(form, "Token to replace", tokens, draft.token, swap, events.pointed);
  return [
    row,
    element("label", { class: "gp-quiet", for: `gp-${form}-word` }, [
      chosen === undefined
        ? "Choose the token to replace, and write what stands there instead:"
        : `Instead of ${quoted(chosen.token.text.trim())}:`,
    ]),
    word,
  ];
}

/** The tokens of the prompt, one of which is chosen. `key`: what their keys begin with. */
export function tokenRow(
  key: string,
  label: string,
  tokens: readonly SwappableToken[],
  chosen: number | null,
  choose: (token: number) => void,
  pointed: (token: number | null) => void,
): HTMLElement {
  const stop = tokens.some(({ token }) => token.index === chosen) ? chosen : tokens[0]?.token.index;
  const row = element(
    "div",
    {
      class: "gp-patch-tokens gp-code",
      role: "group",
      "aria-label": label,
      "data-scroll": `${key}-tokens`,
    },
    tokens.map(({ token }) =>
      element(
        "button",
        {
          type: "button",
          class: "gp-patch-token",
          "data-key": `${key}-token-${token.index}`,
          "data-token": token.index,
          tabindex: token.index === stop ? 0 : -1,
          "aria-pressed": String(token.index === chosen),
        },
        tokenText(token.text),
        { click: () => choose(token.index) },
      ),
    ),
    {
      keydown: (event) => walk(row, event),
      pointerover: (event) => pointed(numberAt(event.target, "token")),
      pointerleave: () => pointed(null),
    },
  );
  return row;
}

/** Arrow keys go from token to token; Enter takes one, as on any button. */
function walk(row: HTMLElement, event: KeyboardEvent): void {
  const all = [...row.querySelectorAll<HTMLElement>("button")];
  const at = all.indexOf(event.target as HTMLElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
  const next = to === undefined ? undefined : all[to];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  all[at]?.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

function textFields(
  form: FormName,
  draft: OtherDraft,
  result: AttributionResult,
  written: () => void,
): Child[] {
  const box = codeBox(`${form}-text`, draft.text, 2, (text) => {
    draft.text = text;
    written();
  });
  const what = result.request.prompt.form === "text" ? "The other prompt" : "Its other last message";
  return [
    element("label", { class: "gp-quiet", for: `gp-${form}-text` }, [`${what}, as many tokens long:`]),
    box,
    element("div", { class: "gp-buttons" }, [
      button(`${form}-text-back`, "As it was", () => {
        draft.text = draft.of;
        box.value = draft.of;
        written();
      }),
    ]),
  ];
}

function explanationMenu(
  form: FormName,
  draft: OtherDraft,
  others: readonly OtherExplanation[],
  written: () => void,
): HTMLElement {
  if (!others.some(({ id }) => id === draft.explanation)) draft.explanation = others[0]?.id ?? null;
  return menu(
    `${form}-explanation`,
    others.map(({ id, phrase, text }) => [id, `${phrase}: ${text.replace(/\s+/g, " ")}`] as const),
    draft.explanation,
    (id) => {
      draft.explanation = id;
      written();
    },
    { "aria-label": "Another explanation" },
  );
}
