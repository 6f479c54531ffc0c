/** Fields of the audit's form: each says in words beside it what is wrong with what is written there. */
import { type Child, element } from "../element.js";
import { codeBox, codeLine, labelledField } from "../fields.js";
import type { AuditDraft, DraftProblems, FieldName } from "./audit_draft.js";

export class AuditFields {
  private readonly said = new Map<string, { readonly problem: HTMLElement; readonly field: HTMLElement }>();

  /** `written` is called after every change of the draft. */
  constructor(
    private readonly draft: AuditDraft,
    private readonly written: () => void,
  ) {}

  line(name: FieldName, label: string, more: Readonly<Record<string, string>> = {}): HTMLElement {
    const line = codeLine(
      `audit-${name}`,
      this.draft[name],
      (text) => {
        this.draft[name] = text;
        this.written();
      },
      more,
    );
    return this.beside(name, line, label);
  }

  /** A field of a row: `name` is where its problem is found. */
  part(key: string, label: string, value: string, write: (text: string) => void, lines = 1): HTMLElement {
    const change = (text: string) => {
      write(text);
      this.written();
    };
    const field =
      lines === 1 ? codeLine(`audit-${key}`, value, change) : codeBox(`audit-${key}`, value, lines, change);
    return labelledField(`audit-${key}`, label, field);
  }

  tick<Name extends string>(chosen: Set<Name>, name: Name, key: string, said: Child[]): HTMLElement {
    const box = element(
      "input",
      { type: "checkbox", class: "gp-input", "data-key": key, checked: chosen.has(name) },
      [],
      {
        change: () => {
          if (box.checked) chosen.add(name);
          else chosen.delete(name);
          this.written();
        },
      },
    );
    return element("label", { class: "gp-audit-tick" }, [box, element("span", {}, said)]);
  }

  /** A group with its name, and its problem below. */
  group(name: string, label: string, content: readonly Child[]): HTMLElement {
    const group = element("fieldset", { class: "gp-audit-ticks" }, [
      element("legend", { class: "gp-quiet" }, [label]),
      ...content,
    ]);
    group.append(this.problemOf(name, group));
    return group;
  }

  /** What is wrong, each beside its field. */
  show(problems: DraftProblems): void {
    for (const [name, { problem, field }] of this.said) {
      const why = problems.get(name) ?? "";
      if (problem.textContent !== why) problem.textContent = why;
      problem.hidden = why === "";
      if (why === "") field.removeAttribute("aria-invalid");
      else field.setAttribute("aria-invalid", "true");
    }
  }

  /** The element that says what is wrong with `name`. */
  problemOf(name: string, field: HTMLElement): HTMLElement {
    const id = `gp-audit-${name}-problem`;
    const problem = element("span", { class: "gp-field-problem", id, hidden: true });
    field.setAttribute("aria-describedby", id);
    this.said.set(name, { problem, field });
    return problem;
  }

  private beside(name: FieldName, field: HTMLElement, label: string): HTMLElement {
    const labelled = labelledField(`audit-${name}`, label, field);
    labelled.classList.add("gp-audit-field");
    labelled.append(this.problemOf(name, field));
    return labelled;
  }
}
