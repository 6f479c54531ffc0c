/** Real audits of the bundled models, written by fixtures/write_audit_answers.py. */
import type {
  AttributionResult,
  AuditPreview,
  AuditResult,
  ErrorResult,
} from "../../extension_frontend/core/src/protocol.js";
import written from "./fixtures/audit_answers.json" with { type: "json" };

interface Answers {
  readonly explanation: AttributionResult;
  /** demo-lm, every test and both modes. */
  readonly follows: AuditResult;
  /** demo-lm-posthoc: wrong steps and early answers. */
  readonly ignores: AuditResult;
  /** The first result so far of `follows` that has findings. */
  readonly partial: AuditResult;
  readonly preview: AuditPreview;
  readonly no_chain: ErrorResult;
  /** As Python words and tabulates them. */
  readonly follows_said: readonly string[];
  readonly ignores_said: readonly string[];
  readonly follows_csv: string;
  readonly ignores_csv: string;
}

export const AUDITS: Answers = written as unknown as Answers;
