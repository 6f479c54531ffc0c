/** Ways to keep an answer, the same below every one: as Python, as data, as tables; and what it cost. */
import type { MadeFile } from "../made_file.js";
import type { Cost } from "../protocol.js";
import { button, element } from "./element.js";
import { duration } from "./figures.js";

export interface KeepingEvents {
  copyPython(code: string): void;
  fileMade(file: MadeFile): void;
}

export interface KeptTable {
  /** What its file's name ends in behind the others'; empty: it is the answer's only table, or its main one. */
  readonly name: string;
  readonly label: string;
  /** What a row is, in words. */
  readonly title: string;
  /** Made when it is asked for: tables may be large. */
  readonly content: () => string;
}

export interface Kept {
  /** What the buttons' keys have in them. */
  readonly key: string;
  /** What its files are called, without ending. */
  readonly stem: string;
  readonly tables: readonly KeptTable[];
  /** The job still runs: files of half an answer are not made. */
  readonly refining?: boolean;
}

/** `answer` is the message itself, which `gp.load` reads back. */
export function keepingWays(
  answer: { readonly code: string; readonly cost: Cost },
  { key, stem, tables, refining = false }: Kept,
  { copyPython, fileMade }: KeepingEvents,
): HTMLElement {
  const data = () =>
    fileMade({ name: `${stem}.json`, type: "application/json", content: `${JSON.stringify(answer)}\n` });
  return element("div", { class: "gp-buttons" }, [
    button(`copy-${key}`, "Copy as Python", () => copyPython(answer.code)),
    button(`save-${key}-json`, "Data", data, {
      title: "All of it as JSON; gp.load reads it back",
      disabled: refining,
    }),
    ...tables.map(({ name, label, title, content }) =>
      button(
        ["save", key, ...(name === "" ? [] : [name]), "csv"].join("-"),
        label,
        () =>
          fileMade({
            name: `${name === "" ? stem : `${stem}-${name}`}.csv`,
            type: "text/csv",
            content: content(),
          }),
        { title, disabled: refining },
      ),
    ),
    element("span", { class: "gp-quiet" }, [spent(answer.cost)]),
  ]);
}

/** "1.2 s · 31 forward and 2 backward passes" */
export function spent({ cached, seconds, forwards, backwards }: Cost): string {
  if (cached) return "Known from before.";
  const passes = [
    ...(forwards > 0 ? [`${forwards} forward`] : []),
    ...(backwards > 0 ? [`${backwards} backward`] : []),
  ].join(" and ");
  const said = forwards + backwards === 1 ? "pass" : "passes";
  return passes === "" ? duration(seconds) : `${duration(seconds)} · ${passes} ${said}`;
}
