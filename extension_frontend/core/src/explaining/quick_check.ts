import type { AttributionResult } from "../protocol.js";
import { FIRST_CHECK, type SideAnswers } from "../views/side_state.js";
import type { SideJobs } from "./side_jobs.js";

/** Seconds under which an explanation is checked unasked: as `gp.explain(check="auto")` has it. */
const UNASKED_WITHIN = 1;

/** Whether its check is there before anyone has read the scores. What is known from before was shown before. */
function isQuickToCheck({ checks, cost }: AttributionResult): boolean {
  const seconds = checks.check_seconds ?? null;
  return checks.complete && !cost.cached && seconds !== null && seconds < UNASKED_WITHIN;
}

/** Asks for the check of an explanation where it takes no time; what a person asks for goes before it. */
export class QuickCheck {
  private asking = false;

  constructor(
    private readonly sides: Pick<SideJobs, "ask" | "withdraw">,
    private readonly answers: () => Pick<SideAnswers, "check">,
  ) {}

  /** A result is there and nothing runs. */
  async explained(result: AttributionResult): Promise<void> {
    if (this.answers().check.at !== "unasked" || !isQuickToCheck(result)) return;
    this.asking = true;
    await this.sides.ask(FIRST_CHECK);
    this.asking = false;
  }

  /** An explanation begins: it is not to wait for a check that nobody asked for. */
  makeWay(): void {
    if (this.asking && this.answers().check.at === "running") this.sides.withdraw("check");
  }
}
