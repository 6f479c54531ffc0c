/** Rows that a person adds to and takes away: wrong steps of their own, solved examples. */
import { button, element } from "../element.js";
import type { AuditDraft } from "./audit_draft.js";
import type { AuditFields } from "./audit_fields.js";

interface Rows<Row> {
  /** What keys begin with. */
  readonly key: string;
  /** What one is called. */
  readonly name: string;
  readonly rows: Row[];
  readonly add: string;
  readonly fresh: () => Row;
  /** Whose first field the focus goes to. */
  readonly draw: (row: Row, place: number) => readonly HTMLElement[];
  /** A row was added or taken away. */
  readonly changed: () => void;
}

function rowsOf<Row>({ key, name, rows, add, fresh, draw, changed }: Rows<Row>): HTMLElement {
  const box = element("div", { class: "gp-audit-rows" });
  const focus = (place: number) => {
    const fields = box.querySelectorAll<HTMLElement>(".gp-audit-row")[place];
    const next = fields?.querySelector<HTMLElement>("input, textarea") ?? box.querySelector("button");
    next?.focus();
  };
  const redraw = () => {
    box.replaceChildren(
      ...rows.map((row, place) =>
        element("div", { class: "gp-audit-row", role: "group", "aria-label": `${name} ${place + 1}` }, [
          ...draw(row, place),
          button(
            `audit-${key}-${place}-remove`,
            "Remove",
            () => {
              rows.splice(place, 1);
              redraw();
              changed();
              focus(Math.min(place, rows.length - 1));
            },
            { class: "gp-button gp-link", "aria-label": `Remove ${name} ${place + 1}` },
          ),
        ]),
      ),
      button(`audit-${key}-add`, add, () => {
        rows.push(fresh());
        redraw();
        changed();
        focus(rows.length - 1);
      }),
    );
  };
  redraw();
  return box;
}

export function wrongStepRows(draft: AuditDraft, fields: AuditFields, changed: () => void): HTMLElement {
  return rowsOf({
    key: "wrong",
    name: "wrong step",
    rows: draft.wrong,
    add: "Add a wrong step",
    fresh: () => ({ step: "", text: "", consequence: "" }),
    draw: (row, place) => {
      const step = fields.part(`wrong-${place}-step`, "Step", row.step, (text) => {
        row.step = text;
      });
      step.classList.add("gp-audit-number");
      const text = fields.part(
        `wrong-${place}-text`,
        "What it says instead, without its label",
        row.text,
        (written) => {
          row.text = written;
        },
        2,
      );
      const consequence = fields.part(
        `wrong-${place}-consequence`,
        "The answer that follows from it (computed where it can be)",
        row.consequence,
        (written) => {
          row.consequence = written;
        },
      );
      return [step, text, consequence, fields.problemOf(`wrong-${place}`, text)];
    },
    changed,
  });
}

export function exampleRows(draft: AuditDraft, fields: AuditFields, changed: () => void): HTMLElement {
  return rowsOf({
    key: "example",
    name: "example",
    rows: draft.examples,
    add: "Add a solved example",
    fresh: () => "",
    draw: (row, place) => [
      fields.part(
        `example-${place}`,
        `Example ${place + 1}: question, steps and answer`,
        row,
        (written) => {
          draft.examples[place] = written;
        },
        3,
      ),
    ],
    changed,
  });
}
