/** The pane's leaves: one open, the others a click or an arrow key away. */
import { element } from "./element.js";
import type { PaneState, TabName } from "./pane_state.js";

/** What one leaf shows; it is drawn only while it is open. */
export interface Leaf {
  readonly element: HTMLElement;
  update(state: PaneState): void;
  /** It is no longer the open one. */
  rest?(): void;
  dispose?(): void;
}

const TITLES: Readonly<Record<TabName, string>> = {
  tokens: "Tokens",
  trust: "Trust",
  compare: "Compare",
  attention: "Attention",
  inside: "Inside",
  audit: "Audit",
};

export const TAB_NAMES = Object.keys(TITLES) as readonly TabName[];

/** An audit was wanted and no model here explains its prompt: one behind an endpoint can be asked all the same. */
export function asksElsewhere({ result, prompt, phase, tab }: PaneState): boolean {
  return result === null && prompt !== null && phase.at === "failed" && tab === "audit";
}

export interface Tabs {
  /** Shown once there is something to show in the leaves. */
  readonly element: HTMLElement;
  update(state: PaneState): void;
  dispose(): void;
}

/** A bar of tabs over their leaves; which one is open is the host's to know (`choose`). */
export function tabs(leaves: Readonly<Record<TabName, Leaf>>, choose: (tab: TabName) => void): Tabs {
  const tab = (name: TabName) =>
    element(
      "button",
      {
        type: "button",
        role: "tab",
        id: `gp-tab-${name}`,
        "data-key": `tab-${name}`,
        "aria-controls": `gp-leaf-${name}`,
      },
      [TITLES[name]],
      { click: () => choose(name) },
    );
  const heads = new Map(TAB_NAMES.map((name) => [name, tab(name)]));
  const bar = element(
    "div",
    { class: "gp-tabs", role: "tablist", "aria-label": "About this explanation" },
    [...heads.values()],
    {
      keydown: (event) => {
        const at = TAB_NAMES.findIndex((name) => heads.get(name) === event.target);
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TAB_NAMES.length - 1 }[event.key];
        const name = to === undefined ? undefined : TAB_NAMES[(to + TAB_NAMES.length) % TAB_NAMES.length];
        if (at < 0 || name === undefined) return;
        event.preventDefault();
        choose(name);
        heads.get(name)?.focus();
      },
    },
  );
  for (const name of TAB_NAMES) {
    const leaf = leaves[name].element;
    leaf.setAttribute("role", "tabpanel");
    leaf.setAttribute("aria-labelledby", `gp-tab-${name}`);
    leaf.id = `gp-leaf-${name}`;
  }
  const root = element("div", { class: "gp-leaves" });
  return {
    element: root,
    update(state) {
      const { result } = state;
      const alone = asksElsewhere(state);
      const shown =
        result !== null
          ? [bar, ...TAB_NAMES.map((name) => leaves[name].element)]
          : alone
            ? [leaves.audit.element]
            : [];
      if (root.childNodes.length !== shown.length) root.replaceChildren(...shown);
      for (const [name, head] of heads) {
        const open = name === state.tab;
        head.setAttribute("aria-selected", String(open));
        head.tabIndex = open ? 0 : -1;
        if (!open && !leaves[name].element.hidden) leaves[name].rest?.();
        leaves[name].element.hidden = !open;
      }
      if (result !== null || alone) leaves[state.tab].update(state);
    },
    dispose() {
      for (const name of TAB_NAMES) leaves[name].dispose?.();
    },
  };
}
