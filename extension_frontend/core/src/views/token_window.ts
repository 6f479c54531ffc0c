/** A stretch of a long prompt: what does not fit is a slider away. */
import { element } from "./element.js";

/** Tokens `from` ≤ index < `to`. */
export interface TokenWindow {
  readonly from: number;
  readonly to: number;
}

/** At most `size` of `count` tokens, `centre` in their middle where there is room on both sides. */
export function windowAround(count: number, centre: number, size: number): TokenWindow {
  const width = Math.min(count, size);
  const from = Math.max(0, Math.min(count - width, Math.round(centre - width / 2)));
  return { from, to: from + width };
}

/** The window itself if it holds the token, else the one around it: what is read does not jump. */
export function windowHolding(count: number, token: number, size: number, shown: TokenWindow): TokenWindow {
  const fits = shown.to <= count && shown.to - shown.from === Math.min(count, size);
  return fits && token >= shown.from && token < shown.to ? shown : windowAround(count, token, size);
}

export interface WindowSlider {
  /** Hidden where everything fits. */
  readonly element: HTMLElement;
  show(window: TokenWindow): void;
}

/** `what`: in the plural, e.g. "tokens". */
export function windowSlider(
  count: number,
  size: number,
  what: string,
  moved: (window: TokenWindow) => void,
): WindowSlider {
  const said = element("span", { class: "gp-quiet" });
  const slider = element(
    "input",
    {
      type: "range",
      min: 0,
      max: Math.max(0, count - size),
      step: 1,
      "aria-label": `First of the ${what} shown`,
      "data-key": `window-${what}`,
    },
    [],
    {
      input: () => {
        const from = Number(slider.value);
        const window = { from, to: Math.min(count, from + size) };
        show(window);
        moved(window);
      },
    },
  );
  const show = ({ from, to }: TokenWindow) => {
    slider.value = String(from);
    const words = `${what} ${from + 1}–${to} of ${count}`;
    slider.setAttribute("aria-valuetext", words);
    said.textContent = words;
  };
  const root = element("label", { class: "gp-window-slider" }, [slider, said]);
  root.hidden = count <= size;
  return { element: root, show };
}
