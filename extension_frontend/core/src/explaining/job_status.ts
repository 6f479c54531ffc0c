import type { JobSnapshot } from "../protocol.js";
import type { JobRunner } from "./answer.js";

/** How far a job is, by what it waits for; null: it has ended. */
export function jobStatus({ status, kernel_busy }: JobSnapshot, { personal }: Pick<JobRunner, "personal">) {
  switch (status) {
    case "queued":
    case "running":
      return status;
    case "waiting_for_kernel":
      if (!kernel_busy) return personal ? "kernel_starting" : "dedicated_kernel_starting";
      // Where no code of the person's runs, it is one of our own jobs that is still ending.
      return personal ? "waiting_for_kernel" : "queued";
    default:
      return null;
  }
}
