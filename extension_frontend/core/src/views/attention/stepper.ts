/** Through a sequence step by step: by hand, or by itself where motion is welcome. */
import { button, element } from "../element.js";

/** Milliseconds a step stays. */
const SPEEDS: Readonly<Record<string, number>> = { slow: 1600, normal: 800, fast: 350 };

export interface Stepper {
  readonly element: HTMLElement;
  pause(): void;
}

export interface StepperOptions {
  readonly count: number;
  readonly at: number;
  /** "layer 2 of 4" */
  readonly said: (step: number) => string;
  readonly stepped: (step: number) => void;
  /** The person asked for less motion: nothing moves by itself. */
  readonly still: boolean;
}

export function lessMotion(): boolean {
  return typeof matchMedia === "function" && matchMedia("(prefers-reduced-motion: reduce)").matches;
}

export function stepper({ count, at, said, stepped, still }: StepperOptions): Stepper {
  let step = at;
  let speed = SPEEDS.normal;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const words = element("span", { class: "gp-step-words" });
  const slider = element(
    "input",
    { type: "range", min: 0, max: count - 1, step: 1, "aria-label": "Layer", "data-key": "layer" },
    [],
    {
      input: () => {
        pause();
        go(Number(slider.value));
      },
    },
  );
  const go = (to: number) => {
    step = Math.max(0, Math.min(count - 1, to));
    show();
    stepped(step);
  };
  const show = () => {
    slider.value = String(step);
    slider.setAttribute("aria-valuetext", said(step));
    words.textContent = said(step);
    back.disabled = step === 0;
    forward.disabled = step === count - 1;
  };
  const tick = () => {
    if (!root.isConnected) return pause();
    go(step + 1);
    if (step === count - 1) pause();
    else timer = setTimeout(tick, speed);
  };
  const pause = () => {
    clearTimeout(timer);
    timer = undefined;
    play.textContent = "Play";
  };
  const turn = () => {
    if (timer !== undefined) return pause();
    if (step === count - 1) go(0);
    play.textContent = "Pause";
    timer = setTimeout(tick, speed);
  };
  const byHand = (by: number) => {
    pause();
    go(step + by);
  };
  const play = button("play", "Play", turn);
  const back = button("step-back", "‹", () => byHand(-1), {
    "aria-label": "Layer before",
    title: "Layer before",
  });
  const forward = button("step-forward", "›", () => byHand(1), {
    "aria-label": "Next layer",
    title: "Next layer",
  });
  const pace = element(
    "select",
    { class: "gp-input gp-pace", "aria-label": "Speed", "data-key": "speed" },
    Object.keys(SPEEDS).map((name) =>
      element("option", { value: name, selected: name === "normal" }, [name]),
    ),
    {
      change: () => {
        speed = SPEEDS[pace.value];
      },
    },
  );
  const root = element("div", { class: "gp-stepper", role: "group", "aria-label": "Layers" }, [
    still ? null : play,
    back,
    forward,
    slider,
    words,
    still ? null : pace,
  ]);
  show();
  return { element: root, pause };
}
