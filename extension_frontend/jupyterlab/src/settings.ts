import type { Catalogue, SubjectRef } from "@glasspane/core";
import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { type ISignal, Signal } from "@lumino/signaling";

export type Palette = "standard" | "high_contrast";

export interface Settings {
  /** "auto": the model in the kernel; else a bundled name, a folder or a hub id. */
  readonly defaultSubject: string;
  readonly fallbackSubject: string;
  readonly defaultMethod: string;
  readonly askBeforeEvaluating: boolean;
  readonly palette: Palette;
}

const DEFAULTS: Settings = {
  defaultSubject: "auto",
  fallbackSubject: "demo-lm",
  defaultMethod: "integrated_gradients",
  askBeforeEvaluating: true,
  palette: "standard",
};

/** The settings page's present values; the defaults until it is loaded, or where there is none. */
export class SettingsSource {
  private values = DEFAULTS;
  private readonly changes = new Signal<this, void>(this);

  get current(): Settings {
    return this.values;
  }

  get changed(): ISignal<this, void> {
    return this.changes;
  }

  async load(registry: ISettingRegistry, plugin: string): Promise<void> {
    const page = await registry.load(plugin);
    const read = () => {
      const given = page.composite;
      this.values = {
        defaultSubject: text(given.defaultSubject, DEFAULTS.defaultSubject),
        fallbackSubject: text(given.fallbackSubject, DEFAULTS.fallbackSubject),
        defaultMethod: text(given.defaultMethod, DEFAULTS.defaultMethod),
        askBeforeEvaluating: given.askBeforeEvaluating !== false,
        palette: given.palette === "high_contrast" ? "high_contrast" : "standard",
      };
      this.changes.emit();
    };
    page.changed.connect(read);
    read();
  }
}

function text(value: unknown, otherwise: string): string {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : otherwise;
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
