import type { ErrorCode, ErrorResult } from "../protocol.js";
import type { Explainer } from "./explainer.js";
import type { Explanation } from "./explanation.js";
import type { Site } from "./site.js";

const PATIENCE_MS = 1000;
/** Longer where the pane in view says how far it is, and has a Cancel of its own: a notice may lie over it. */
const PATIENCE_IN_VIEW_MS = 4000;

/** Nothing failed: the pane asks which model is meant, or says what is to be done first. */
const NO_FAILURES: ReadonlySet<ErrorCode> = new Set([
  "no_subject",
  "several_subjects",
  "no_tokenizer",
  "no_prompt",
  "empty_prompt",
  "kernel_not_found",
]);

export interface ProgressNotice {
  update(message: string, fraction: number): void;
  close(): void;
}

/** How the editor tells a person something in passing. */
export interface Notifier<OfHost extends Site> {
  /** The pane is in view and shows it. */
  inView(explanation: Explanation<OfHost>): boolean;
  /** Says that work on an explanation runs, and how far it is; offers Cancel and, where the editor can, Show. */
  progress(
    explanation: Explanation<OfHost>,
    message: string,
    fraction: number,
    cancel: () => void,
  ): ProgressNotice;
  /**
   * Says what stands in the way and what to do, where the pane that says it too is not in view.
   *
   * `failed`: something went wrong; else a person is asked something or is told what comes first.
   */
  problem(explanation: Explanation<OfHost>, error: ErrorResult, failed: boolean): { close(): void };
}

/** Says what runs for more than a second, with Cancel; and what failed, with the next step. */
export class JobNotice<OfHost extends Site> {
  private readonly waiting = new Map<Explanation<OfHost>, ReturnType<typeof setTimeout>>();
  private readonly running = new Map<Explanation<OfHost>, ProgressNotice>();
  /** What went wrong is told until the person goes on. */
  private readonly told = new Map<Explanation<OfHost>, { close(): void }>();

  constructor(
    explainer: Explainer<OfHost>,
    private readonly notifier: Notifier<OfHost>,
  ) {
    explainer.stateChanged.connect((_, explanation) => this.follow(explanation));
  }

  private follow(explanation: Explanation<OfHost>): void {
    if (explanation.running) {
      this.told.get(explanation)?.close();
      this.told.delete(explanation);
      const notice = this.running.get(explanation);
      if (notice !== undefined) notice.update(progressSentence(explanation), progressFraction(explanation));
      else if (!this.waiting.has(explanation)) this.wait(explanation);
      return;
    }
    if (explanation.state.phase.at === "empty") this.told.delete(explanation);
    const timer = this.waiting.get(explanation);
    const notice = this.running.get(explanation);
    if (timer === undefined && notice === undefined) return;
    clearTimeout(timer);
    this.waiting.delete(explanation);
    notice?.close();
    this.running.delete(explanation);
    const { phase } = explanation.state;
    if (phase.at === "failed") {
      this.told.set(
        explanation,
        this.notifier.problem(explanation, phase.error, !NO_FAILURES.has(phase.error.code)),
      );
    }
  }

  private wait(explanation: Explanation<OfHost>): void {
    const show = () => {
      this.waiting.delete(explanation);
      this.running.set(
        explanation,
        this.notifier.progress(
          explanation,
          progressSentence(explanation),
          progressFraction(explanation),
          () => void explanation.cancel(),
        ),
      );
    };
    const look = () => {
      if (!this.notifier.inView(explanation)) show();
      else this.waiting.set(explanation, setTimeout(show, PATIENCE_IN_VIEW_MS - PATIENCE_MS));
    };
    this.waiting.set(explanation, setTimeout(look, PATIENCE_MS));
  }
}

function progressFraction({ state: { phase } }: Explanation): number {
  return phase.at === "running" ? (phase.progress?.fraction ?? 0) : 1;
}

function progressSentence({ state: { phase } }: Explanation): string {
  if (phase.at !== "running") return "Glasspane";
  switch (phase.status) {
    case "starting":
      return "Glasspane is starting …";
    case "queued":
      return "Glasspane waits for its earlier job …";
    case "waiting_for_kernel":
      return "Glasspane waits: your own cell is running in this kernel.";
    case "kernel_starting":
      return "Your kernel is starting …";
    case "dedicated_kernel_starting":
      return "Glasspane's kernel is starting …";
    case "cancelling":
      return "Glasspane is cancelling …";
    case "running":
      return `Explaining: ${phase.progress?.stage ?? "running"}`;
  }
}
