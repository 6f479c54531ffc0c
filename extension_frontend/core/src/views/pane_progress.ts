/** What is going on, and a way to stop it. */
import { button, type Child, element } from "./element.js";
import type { JobPhase } from "./job_phase.js";
import type { PaneEvents, PanePhase } from "./pane_state.js";

export function progressBlock(
  phase: PanePhase,
  events: Pick<PaneEvents, "cancel" | "separateKernelChosen">,
): Child[] {
  if (phase.at !== "running") return [];
  const { progress, status } = phase;
  const label = jobSentence(phase);
  return [
    element("div", { class: "gp-progress-row" }, [
      element("progress", { max: 1, value: progress?.fraction ?? null, "aria-label": label }),
      button("cancel", "Cancel", () => events.cancel(), { disabled: status === "cancelling" }),
    ]),
    element("p", { class: "gp-quiet", role: "status" }, [label]),
    status === "waiting_for_kernel" &&
      button("elsewhere", "Use a separate kernel", () => events.separateKernelChosen()),
  ];
}

export function jobSentence(phase: JobPhase): string {
  switch (phase.status) {
    case "starting":
      return "Reading the prompt…";
    case "queued":
      return phase.ahead > 0
        ? `Waiting for ${phase.ahead} explanation${phase.ahead > 1 ? "s" : ""} before this one…`
        : "Starting…";
    case "waiting_for_kernel":
      return "Your kernel is busy; this runs as soon as it is free.";
    case "kernel_starting":
      return "Your kernel is starting…";
    case "dedicated_kernel_starting":
      return "Glasspane's kernel is starting…";
    case "cancelling":
      return "Stopping…";
    case "running":
      return phase.progress?.stage ?? "Asking the model…";
  }
}
