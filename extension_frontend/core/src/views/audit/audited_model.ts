/** Whose reasoning is audited: the explained model's, or that of one behind an endpoint. */
import { type KeyPlace, keyHelp } from "../../endpoint_keys.js";
import type { AbilityFinding } from "../../protocol.js";
import { type Child, element } from "../element.js";
import { abilityLines } from "./ability_lines.js";
import type { AuditDraft } from "./audit_draft.js";
import type { AuditFields } from "./audit_fields.js";

export interface ModelOffer {
  /** Null: the explained model does not write, so that only an endpoint can be asked. */
  readonly explained: string | null;
  readonly keyPlace: KeyPlace | null;
  /** Of the endpoint in the form, once it has been asked; null: not yet. */
  readonly abilities: readonly AbilityFinding[] | null;
}

export function modelFields(
  draft: AuditDraft,
  fields: AuditFields,
  { explained, keyPlace, abilities }: ModelOffer,
  changed: () => void,
): Child[] {
  const choice = (of: AuditDraft["from"], said: string, disabled = false) => {
    const radio = element(
      "input",
      {
        type: "radio",
        name: "gp-audit-from",
        class: "gp-input",
        "data-key": `audit-from-${of}`,
        checked: draft.from === of,
        disabled,
      },
      [],
      {
        change: () => {
          draft.from = of;
          endpoint.hidden = of !== "endpoint";
          changed();
        },
      },
    );
    return element("label", { class: "gp-audit-tick" }, [radio, element("span", {}, [said])]);
  };
  const help = element("p", { class: "gp-quiet" });
  const sayHelp = () => {
    const named = draft.variable.trim() || "the variable";
    help.textContent =
      keyPlace === null
        ? ""
        : `Without a key the endpoint is asked as it is. Where it wants one: ${keyHelp(keyPlace, named)}`;
  };
  sayHelp();
  const variable = fields.line("variable", "Environment variable that holds the key");
  variable.addEventListener("input", sayHelp);
  const endpoint = element("div", { class: "gp-audit-endpoint" }, [
    fields.line("address", "Address (OpenAI-compatible)", {
      placeholder: "http://127.0.0.1:8000/v1",
      inputmode: "url",
    }),
    element("p", { class: "gp-quiet" }, [
      "It is asked by the machine that the kernel runs on, which has to reach it: 127.0.0.1 is that machine. The prompt is sent there.",
    ]),
    element("div", { class: "gp-audit-fields" }, [fields.line("model", "Model’s name there"), variable]),
    help,
    ...(abilities === null
      ? [
          element("p", { class: "gp-quiet" }, [
            "What it can do is found out at the first contact, in at most 20 short calls, and then shown here.",
          ]),
        ]
      : [element("p", { class: "gp-quiet" }, ["What it can do, as it was seen:"]), abilityLines(abilities)]),
  ]);
  endpoint.hidden = draft.from !== "endpoint";
  return [
    element("fieldset", { class: "gp-audit-ticks" }, [
      element("legend", { class: "gp-spoken" }, ["Whose reasoning"]),
      explained === null
        ? choice("explained", "the model being explained: there is none that writes", true)
        : choice("explained", `the model being explained (${explained})`),
      choice("endpoint", "a model behind an endpoint"),
    ]),
    endpoint,
  ];
}
