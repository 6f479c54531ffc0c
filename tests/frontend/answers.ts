/** What the kernel really answered: written by write_answers.py. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type {
  AdviceResult,
  AttributionResult,
  Catalogue,
  ComparisonResult,
  FaithfulnessResult,
  ProbeResult,
  ProbeTestResult,
  PromptDiffResult,
} from "../../extension_frontend/core/src/protocol.js";

interface Answers {
  explanation: AttributionResult;
  review: AttributionResult;
  check_better: FaithfulnessResult;
  check_no_better: FaithfulnessResult;
  check_worse: FaithfulnessResult;
  check_attention: FaithfulnessResult;
  check_review: FaithfulnessResult;
  comparison: ComparisonResult;
  difference: PromptDiffResult;
  advice_report: AdviceResult;
  advice_api_cause: AdviceResult;
  advice_represented: AdviceResult;
  catalogue: Catalogue;
  probe: ProbeResult;
  probe_test: ProbeTestResult;
}

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "answers");

export function answer<Name extends keyof Answers>(name: Name): Answers[Name] {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as Answers[Name];
}

/** The same as a side of the pane's state has it. */
export const done = <Name extends keyof Answers>(name: Name) =>
  ({ at: "done", answer: answer(name) }) as const;
