import type { Progress } from "../protocol.js";

/** A job under way, as a person sees it. */
export interface JobPhase {
  readonly at: "running";
  readonly progress: Progress | null;
  readonly status:
    | "starting"
    | "queued"
    /** Code of the person's own runs there. */
    | "waiting_for_kernel"
    | "kernel_starting"
    | "dedicated_kernel_starting"
    | "running"
    | "cancelling";
  /** Jobs of ours in front. */
  readonly ahead: number;
}
