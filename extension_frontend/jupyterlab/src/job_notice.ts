import type { ErrorCode } from "@glasspane/core";
import { Notification } from "@jupyterlab/apputils";
import type { Explainer } from "./explainer";
import type { Explanation } from "./explanation";

const PATIENCE_MS = 1000;
/**
 * How long a toast is left alone before it is taken back.
 *
 * JupyterLab draws a change of a toast a moment later: one taken back in between comes back for good.
 * And a toast that flashes is not read.
 */
const SETTLED_MS = 800;

/** Nothing failed: the pane asks which model is meant. */
const QUESTIONS: ReadonlySet<ErrorCode> = new Set(["no_subject", "several_subjects", "no_tokenizer"]);

interface Notice {
  readonly timer: number;
  id: string | null;
  /** When it was last drawn or changed. */
  touched: number;
}

/** Says what runs for more than a second, with Cancel; and what failed, with the next step. */
export class JobNotice {
  private readonly open = new Map<Explanation, Notice>();
  /** What went wrong is told until the person goes on. */
  private readonly told = new Map<Explanation, Notice>();

  constructor(private readonly explainer: Explainer) {
    explainer.stateChanged.connect((_, explanation) => this.follow(explanation));
  }

  private follow(explanation: Explanation): void {
    const notice = this.open.get(explanation);
    if (explanation.running) {
      const told = this.told.get(explanation);
      if (told !== undefined) takeBack(told);
      this.told.delete(explanation);
      if (notice === undefined) this.wait(explanation);
      else if (notice.id !== null) {
        notice.touched = performance.now();
        Notification.update({
          id: notice.id,
          message: sentence(explanation),
          progress: fraction(explanation),
        });
      }
      return;
    }
    if (notice !== undefined) {
      window.clearTimeout(notice.timer);
      takeBack(notice);
      this.open.delete(explanation);
      this.tellFailure(explanation);
    }
  }

  private wait(explanation: Explanation): void {
    const timer = window.setTimeout(() => {
      const notice = this.open.get(explanation);
      if (notice === undefined) return;
      notice.touched = performance.now();
      notice.id = Notification.emit(sentence(explanation), "in-progress", {
        autoClose: false,
        progress: fraction(explanation),
        actions: [
          {
            label: "Cancel",
            callback: (event) => {
              event.preventDefault();
              void explanation.cancel();
            },
          },
          { label: "Show", callback: () => this.explainer.show(explanation) },
        ],
      });
    }, PATIENCE_MS);
    this.open.set(explanation, { timer, id: null, touched: 0 });
  }

  private tellFailure(explanation: Explanation): void {
    const { phase } = explanation.state;
    if (phase.at !== "failed") return;
    const { code, message, next_step } = phase.error;
    const id = Notification.emit(`${message} ${next_step}`, QUESTIONS.has(code) ? "info" : "error", {
      autoClose: 10_000,
    });
    this.told.set(explanation, { timer: 0, id, touched: performance.now() });
  }
}

function takeBack({ id, touched }: Notice): void {
  if (id === null) return;
  window.setTimeout(() => Notification.dismiss(id), Math.max(0, touched + SETTLED_MS - performance.now()));
}

function fraction(explanation: Explanation): number {
  const { phase } = explanation.state;
  return phase.at === "running" ? (phase.progress?.fraction ?? 0) : 1;
}

function sentence(explanation: Explanation): string {
  const { phase } = explanation.state;
  if (phase.at !== "running") return "Glasspane";
  switch (phase.status) {
    case "starting":
      return "Glasspane is starting …";
    case "queued":
      return "Glasspane waits for its earlier job …";
    case "waiting_for_kernel":
      return "Glasspane waits: your own cell is running in this kernel.";
    case "cancelling":
      return "Glasspane is cancelling …";
    case "running":
      return `Explaining: ${phase.progress?.stage ?? "running"}`;
  }
}
