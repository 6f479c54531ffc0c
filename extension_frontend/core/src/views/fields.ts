/** Fields of forms. By its `key` a field keeps focus over a redraw; with `gp-` before it, the key is its id. */
import { element } from "./element.js";

type Said = Readonly<Record<string, string | null>>;

/** A field with its name before it. */
export function labelledField(key: string, label: string, field: HTMLElement): HTMLElement {
  return element("label", { class: "gp-named-field", for: `gp-${key}` }, [
    element("span", { class: "gp-quiet" }, [label]),
    field,
  ]);
}

/** One line that the model or the kernel reads as it stands; `more`: placeholder, title and the like. */
export function codeLine(
  key: string,
  value: string,
  written: (text: string) => void,
  more: Said = {},
): HTMLInputElement {
  const line = element(
    "input",
    {
      type: "text",
      class: "gp-input gp-code",
      id: `gp-${key}`,
      "data-key": key,
      value,
      spellcheck: "false",
      autocomplete: "off",
      ...more,
    },
    [],
    { input: () => written(line.value) },
  );
  return line;
}

/** Several lines of the same kind, as high as its text; `least`: rows of an empty one. */
export function codeBox(
  key: string,
  value: string,
  least: number,
  written: (text: string) => void,
): HTMLTextAreaElement {
  const box = element(
    "textarea",
    {
      class: "gp-input gp-code",
      id: `gp-${key}`,
      "data-key": key,
      rows: Math.min(8, Math.max(least, value.split("\n").length)),
      spellcheck: "false",
    },
    [value],
    { input: () => written(box.value) },
  );
  return box;
}

export type Option<Name extends string> = readonly [name: Name, label: string];

export function menu<Name extends string>(
  key: string,
  options: readonly Option<Name>[],
  chosen: Name | null,
  choose: (name: Name) => void,
  more: Said = {},
): HTMLSelectElement {
  const made = element(
    "select",
    { class: "gp-input", id: `gp-${key}`, "data-key": key, ...more },
    options.map(([name, label]) => element("option", { value: name, selected: name === chosen }, [label])),
    { change: () => choose(made.value as Name) },
  );
  return made;
}

/** Buttons in a row, of which one is pressed; `key`: what their keys begin with. */
export function choiceBar<Name extends string>(
  key: string,
  label: string,
  options: readonly Option<Name>[],
  chosen: Name | null,
  choose: (name: Name) => void,
): HTMLElement {
  return element(
    "div",
    { class: "gp-choices", role: "group", "aria-label": label },
    options.map(([name, said]) =>
      element(
        "button",
        { type: "button", "data-key": `${key}-${name}`, "aria-pressed": String(name === chosen) },
        [said],
        { click: () => choose(name) },
      ),
    ),
  );
}

/** The options of a table of names, or of what has a name, in its order. */
export function optionsOf<Name extends string>(
  table: Readonly<Record<Name, string | { readonly label: string }>>,
): Option<Name>[] {
  return (Object.keys(table) as Name[]).map((name) => {
    const named: string | { readonly label: string } = table[name];
    return [name, typeof named === "string" ? named : named.label];
  });
}
