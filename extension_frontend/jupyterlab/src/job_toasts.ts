import type { ErrorResult, Notifier, ProgressNotice } from "@glasspane/core";
import { Notification } from "@jupyterlab/apputils";
import type { LabExplanation, LabSite } from "./site";

/**
 * How long a toast is left alone before it is taken back.
 *
 * JupyterLab draws a change of a toast a moment later: one taken back in between comes back for good.
 * And a toast that flashes is not read.
 */
const SETTLED_MS = 800;

/** Progress and problems as JupyterLab's notifications. */
export class JobToasts implements Notifier<LabSite> {
  constructor(
    private readonly pane: {
      show(explanation: LabExplanation): void;
      /** The pane is in view and shows it. */
      shows(explanation: LabExplanation): boolean;
    },
  ) {}

  inView(explanation: LabExplanation): boolean {
    return this.pane.shows(explanation);
  }

  progress(
    explanation: LabExplanation,
    message: string,
    fraction: number,
    cancel: () => void,
  ): ProgressNotice {
    const id = Notification.emit(message, "in-progress", {
      autoClose: false,
      progress: fraction,
      actions: [
        {
          label: "Cancel",
          callback: (event) => {
            event.preventDefault();
            cancel();
          },
        },
        { label: "Show", callback: () => this.pane.show(explanation) },
      ],
    });
    let touched = performance.now();
    return {
      update: (now, progress) => {
        touched = performance.now();
        Notification.update({ id, message: now, progress });
      },
      close: () => takeBack(id, touched),
    };
  }

  problem(
    explanation: LabExplanation,
    { message, next_step }: ErrorResult,
    failed: boolean,
  ): { close(): void } {
    if (this.pane.shows(explanation)) return { close: () => {} };
    const id = Notification.emit(`${message} ${next_step}`, failed ? "error" : "info", {
      autoClose: 10_000,
    });
    const touched = performance.now();
    return { close: () => takeBack(id, touched) };
  }
}

function takeBack(id: string, touched: number): void {
  window.setTimeout(
    () => {
      // A toast that comes back for good all the same, where the page is slow, ends by itself.
      Notification.update({ id, type: "default", autoClose: SETTLED_MS });
      window.setTimeout(() => Notification.dismiss(id), SETTLED_MS);
    },
    Math.max(0, touched + SETTLED_MS - performance.now()),
  );
}
