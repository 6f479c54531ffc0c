/** The only way views make DOM: attributes and text nodes, so that data is never read as markup. */

type Attribute = string | number | boolean | null | undefined;
export type Child = Node | string | null | false;
export type Listeners = {
  readonly [Kind in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Kind]) => void;
};

/**
 * An element; `true` sets an attribute, `false`, `null` and `undefined` leave it out.
 *
 * A `--name` sets a property of its style: a `style` attribute is refused where a frame's policy forbids inline styles.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Attribute>> = {},
  children: readonly Child[] = [],
  listeners: Listeners = {},
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("--")) made.style.setProperty(name, String(value));
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== false) made.append(child);
  for (const [kind, listener] of Object.entries(listeners)) {
    made.addEventListener(kind, listener as EventListener);
  }
  return made;
}

/** The number that an element below the pointer or focus bears as `data-token` (or another `name`); null: none does. */
export function numberAt(target: EventTarget | null, name: "token" | "row" | "column"): number | null {
  const found = target instanceof Element ? target.closest<HTMLElement | SVGElement>(`[data-${name}]`) : null;
  return found === null ? null : Number(found.dataset[name]);
}

/** A push button; `key` lets focus survive a redraw. */
export function button(
  key: string,
  label: string,
  onClick: (event: MouseEvent) => void,
  attributes: Readonly<Record<string, Attribute>> = {},
): HTMLButtonElement {
  return element("button", { type: "button", class: "gp-button", "data-key": key, ...attributes }, [label], {
    click: onClick,
  });
}

/** A part of a view that is drawn again only when what it shows has changed; focus and scrolling survive. */
export function region<State>(
  host: HTMLElement,
  dependsOn: (state: State) => readonly unknown[],
  draw: (state: State) => readonly Child[],
): (state: State, force?: boolean) => void {
  let drawn: readonly unknown[] | null = null;
  return (state, force = false) => {
    const now = dependsOn(state);
    if (!force && drawn !== null && now.every((value, index) => value === drawn?.[index])) return;
    drawn = now;
    keepingPlace(host, () => {
      host.replaceChildren(...draw(state).filter((child) => child !== null && child !== false));
      host.hidden = host.childNodes.length === 0;
    });
  };
}

function keepingPlace(host: HTMLElement, redraw: () => void): void {
  const active = host.ownerDocument.activeElement;
  const focusable = active instanceof HTMLElement || active instanceof SVGElement;
  const focused = focusable && host.contains(active) ? active : null;
  const key = focused?.dataset.key;
  const caret =
    focused instanceof HTMLInputElement && focused.type === "text" ? focused.selectionStart : null;
  const scrolled = new Map<string, number>();
  for (const box of host.querySelectorAll<HTMLElement>("[data-scroll]")) {
    scrolled.set(box.dataset.scroll ?? "", box.scrollTop);
  }
  redraw();
  for (const box of host.querySelectorAll<HTMLElement>("[data-scroll]")) {
    box.scrollTop = scrolled.get(box.dataset.scroll ?? "") ?? 0;
  }
  if (key === undefined) return;
  const again = [...host.querySelectorAll<HTMLElement | SVGElement>("[data-key]")].find(
    (each) => each.dataset.key === key,
  );
  again?.focus({ preventScroll: true });
  if (caret !== null && again instanceof HTMLInputElement) again.setSelectionRange(caret, caret);
}

/** A `<details>` that remembers across redraws whether it was open. */
export class Disclosures {
  private readonly open = new Map<string, boolean>();

  /** Open from the next drawing on. */
  show(key: string): void {
    this.open.set(key, true);
  }

  make(key: string, summary: string, content: readonly Child[], openAtFirst = false): HTMLDetailsElement {
    const open = this.open.get(key) ?? openAtFirst;
    const details = element("details", { class: "gp-disclosure", open }, [
      element("summary", { "data-key": `disclosure-${key}` }, [summary]),
      ...content,
    ]);
    details.addEventListener("toggle", () => this.open.set(key, details.open));
    return details;
  }
}

/** Scrolls as little as needed, where there is anything to scroll. */
export function bringIntoView(shown: Element): void {
  // Pages without a layout (tests) have no such thing.
  shown.scrollIntoView?.({ block: "nearest" });
}
