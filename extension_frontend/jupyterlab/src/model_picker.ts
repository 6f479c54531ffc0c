import {
  choiceOf,
  choicesOf,
  isSameChoice,
  type JobRunner,
  type SubjectCandidate,
  type SubjectChoice,
  subjectCandidates,
  subjectNamed,
} from "@glasspane/core";
import { Dialog, showDialog } from "@jupyterlab/apputils";
import type { ServiceManager } from "@jupyterlab/services";
import { Widget } from "@lumino/widgets";
import { kernelOf, type LabSite, type LabWorkplace } from "./site";

/** "Choose model…": this kernel's models, other running kernels', the bundled ones, a folder or a hub id. */
export async function chooseModel(
  workplace: LabWorkplace,
  services: ServiceManager.IManager,
  site: LabSite,
): Promise<SubjectChoice | null> {
  await workplace.ready();
  const picker = new ModelPicker(workplace, workplace.choiceFor(site));
  const own = kernelOf(site);
  const runner = workplace.host.ownKernel(site);
  if (runner !== null) picker.addKernel("This notebook's kernel", runner, "own");
  await services.sessions.refreshRunning();
  for (const session of services.sessions.running()) {
    if (session.kernel && session.kernel.id !== own?.id) {
      const { id } = session.kernel;
      picker.addKernel(session.name || session.path, workplace.host.runningKernel(id), { kernel: id });
    }
  }
  picker.addBundled();
  picker.addNamed();
  const answer = await showDialog({
    title: "Which model should Glasspane explain?",
    body: picker,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: "Choose" })],
    focusNodeSelector: "input",
  });
  return answer.button.accept ? answer.value : null;
}

class ModelPicker extends Widget implements Dialog.IBodyWidget<SubjectChoice | null> {
  private readonly choices: { input: HTMLInputElement; choice: () => SubjectChoice | null }[] = [];
  private readonly name = `gp-models-${Math.random().toString(36).slice(2)}`;

  constructor(
    private readonly workplace: LabWorkplace,
    private readonly present: SubjectChoice,
  ) {
    super();
    this.addClass("gp-picker");
  }

  getValue(): SubjectChoice | null {
    return this.choices.find(({ input }) => input.checked)?.choice() ?? null;
  }

  addKernel(title: string, kernel: JobRunner, where: SubjectChoice["where"]): void {
    const group = this.group(title);
    const status = line(group, "Asking the kernel …");
    subjectCandidates(kernel).then(
      (candidates) => {
        status.remove();
        if (candidates.length === 0) line(group, "It holds no model that can be explained.");
        for (const candidate of candidates) this.addCandidate(group, candidate, where);
      },
      () => {
        status.textContent = "It does not answer now.";
      },
    );
  }

  addBundled(): void {
    const models = this.workplace.catalogue?.models ?? [];
    if (models.length === 0) return;
    const group = this.group("Comes with Glasspane");
    for (const { name, summary } of models) {
      this.option(group, name, summary, () => choiceOf({ source: "bundled", name }));
    }
  }

  addNamed(): void {
    const group = this.group("A local folder or Hugging Face id");
    const field = document.createElement("input");
    field.type = "text";
    field.placeholder = "./my-model or organisation/model";
    field.setAttribute("aria-label", "Folder or Hugging Face id");
    const radio = this.option(group, "", "", () => {
      const named = field.value.trim();
      return named === "" ? null : choiceOf(subjectNamed(named, this.workplace.catalogue));
    });
    field.addEventListener("input", () => {
      radio.checked = true;
    });
    radio.parentElement?.classList.add("gp-picker-named");
    radio.after(field);
  }

  private addCandidate(group: HTMLElement, candidate: SubjectCandidate, where: SubjectChoice["where"]): void {
    for (const { label, detail, choice } of choicesOf(candidate, where)) {
      if (choice === null) line(group, `${label}: ${detail}`);
      else this.option(group, label, detail, () => choice);
    }
  }

  private group(title: string): HTMLElement {
    const group = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = title;
    group.append(legend);
    this.node.append(group);
    return group;
  }

  private option(
    group: HTMLElement,
    label: string,
    detail: string,
    choice: () => SubjectChoice | null,
  ): HTMLInputElement {
    const row = document.createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = this.name;
    input.value = label;
    const text = document.createElement("span");
    text.textContent = label;
    const small = document.createElement("small");
    small.textContent = detail;
    row.append(input, text, small);
    group.append(row);
    this.choices.push({ input, choice });
    const offered = choice();
    input.checked = offered !== null && isSameChoice(offered, this.present);
    return input;
  }
}

function line(group: HTMLElement, text: string): HTMLElement {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  group.append(paragraph);
  return paragraph;
}
