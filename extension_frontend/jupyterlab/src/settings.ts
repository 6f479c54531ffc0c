import { DEFAULT_SETTINGS, type Settings, settingsFrom } from "@glasspane/core";
import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { type ISignal, Signal } from "@lumino/signaling";

export type Palette = "standard" | "high_contrast";

/** The settings page's present values; the defaults until it is loaded, or where there is none. */
export class SettingsSource {
  private values = DEFAULT_SETTINGS;
  private chosenPalette: Palette = "standard";
  private readonly changes = new Signal<this, void>(this);

  /** The same for every document: JupyterLab's settings are the person's. */
  of(): Settings {
    return this.values;
  }

  get palette(): Palette {
    return this.chosenPalette;
  }

  get changed(): ISignal<this, void> {
    return this.changes;
  }

  async load(registry: ISettingRegistry, plugin: string): Promise<void> {
    const page = await registry.load(plugin);
    const read = () => {
      this.values = settingsFrom(page.composite);
      this.chosenPalette = page.composite.palette === "high_contrast" ? "high_contrast" : "standard";
      this.changes.emit();
    };
    page.changed.connect(read);
    read();
  }
}
