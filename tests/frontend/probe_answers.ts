/** Real answers of the bundled models, written by fixtures/write_probe_answers.py. */
import type {
  AttributionResult,
  ErrorResult,
  PairTemplateResult,
  ProbeResult,
  ProbeTestResult,
  TablesResult,
} from "../../extension_frontend/core/src/protocol.js";
import written from "./fixtures/probe_answers.json" with { type: "json" };

interface Answers {
  readonly explanation: AttributionResult;
  readonly speech: ProbeResult;
  /** The first partial result of `speech`. */
  readonly partial: ProbeResult;
  /** Read at the last token of thirty pairs. */
  readonly pairs: ProbeResult;
  readonly sentiment: ProbeResult;
  /** Of a model without next tokens. */
  readonly classifier: ProbeResult;
  /** Of `sentiment`, at its best layer, with answers. */
  readonly used: ProbeTestResult;
  /** Of `speech`, at layer 0. */
  readonly unused: ProbeTestResult;
  /** Made by hand. */
  readonly template: PairTemplateResult;
  readonly tables: TablesResult;
  readonly too_few: ErrorResult;
}

export const PROBES: Answers = written as unknown as Answers;
