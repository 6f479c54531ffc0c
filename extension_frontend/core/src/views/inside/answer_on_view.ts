/** What of an answer there is to be seen, while more of it or the next one is on its way. */
import type { Progress } from "../../protocol.js";
import { bringIntoView } from "../element.js";
import type { Side } from "../side_state.js";

export class AnswerOnView<Answer> {
  /** On view also while the next one is on its way, until that brings something of its own. */
  shown: Answer | null = null;
  /** What is shown is of the job that runs. */
  refining = false;
  /** What was asked here has not been seen yet. */
  private awaited = false;

  /** `partOf`: what of this answer a job's progress brings; null: nothing of it. */
  constructor(
    private readonly host: HTMLElement,
    private readonly partOf: (progress: Progress) => Answer | null = () => null,
  ) {}

  asked(): void {
    this.awaited = true;
    this.refining = false;
  }

  follow(side: Side<Answer>): void {
    const isRunning = side.at === "running";
    const progress = isRunning ? side.progress : null;
    const part = progress === null ? null : this.partOf(progress);
    // Later progress of the same job may come without anything newer.
    this.refining = progress !== null && (this.refining || part !== null);
    if (part !== null) this.shown = part;
    else if (side.at === "done") this.shown = side.answer;
    else if (!isRunning) this.shown = null;
    this.host.classList.toggle("gp-waiting", isRunning && !this.refining);
  }

  /** Brings what was asked for into view, once, as soon as there is something of it; `part`: what of it to look at. */
  arrive(side: Side<Answer>, part: string): void {
    if (!this.awaited || !(this.refining || side.at === "done")) return;
    const seen = this.host.querySelector(part);
    if (seen === null) return;
    this.awaited = false;
    bringIntoView(seen);
  }
}

/** Draws, and brings the host into view where that puts something in it that was not there: a problem, a verdict. */
export function broughtIntoView(host: HTMLElement, what: string, draw: () => void): void {
  const before = host.querySelector(what);
  draw();
  if (before === null && host.querySelector(what) !== null) bringIntoView(host);
}
