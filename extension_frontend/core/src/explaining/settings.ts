import type { Catalogue, SubjectRef } from "../protocol.js";

export interface Settings {
  /** "auto": the model in the kernel; else a bundled name, a folder or a hub id. */
  readonly defaultSubject: string;
  readonly fallbackSubject: string;
  readonly defaultMethod: string;
  readonly askBeforeEvaluating: boolean;
  /** Check an explanation unasked where that takes less than a second. */
  readonly checkWhenQuick: boolean;
  /** Whether saving a document audits its changed prompts again; at endpoints only where that is said. */
  readonly auditOnSave: AuditOnSave;
  /** Calls that all audits on save of a window may send together. */
  readonly auditOnSaveCalls: number;
}

export type AuditOnSave = "off" | "local" | "endpoints";

export const DEFAULT_SETTINGS: Settings = {
  defaultSubject: "auto",
  fallbackSubject: "demo-lm",
  defaultMethod: "integrated_gradients",
  askBeforeEvaluating: true,
  checkWhenQuick: true,
  auditOnSave: "off",
  auditOnSaveCalls: 2000,
};

/** The settings as a person gave them; what is missing or of another kind is the default. */
export function settingsFrom(given: Readonly<Record<string, unknown>>): Settings {
  return {
    defaultSubject: text(given.defaultSubject, DEFAULT_SETTINGS.defaultSubject),
    fallbackSubject: text(given.fallbackSubject, DEFAULT_SETTINGS.fallbackSubject),
    defaultMethod: text(given.defaultMethod, DEFAULT_SETTINGS.defaultMethod),
    askBeforeEvaluating: given.askBeforeEvaluating !== false,
    checkWhenQuick: given.checkWhenQuick !== false,
    auditOnSave:
      given.auditOnSave === "local" || given.auditOnSave === "endpoints" ? given.auditOnSave : "off",
    auditOnSaveCalls: count(given.auditOnSaveCalls, DEFAULT_SETTINGS.auditOnSaveCalls),
  };
}

function text(value: unknown, otherwise: string): string {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : otherwise;
}

function count(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : otherwise;
}

/** What a name typed by a person refers to. */
export function subjectNamed(name: string, catalogue: Catalogue | null): SubjectRef {
  if (name === "auto") return { source: "auto" };
  if (catalogue?.models.some((model) => model.name === name) ?? name.startsWith("demo-")) {
    return { source: "bundled", name };
  }
  if (/^([./~\\]|[A-Za-z]:[\\/])/.test(name)) return { source: "folder", path: name };
  return { source: "hub", id: name, revision: null };
}
