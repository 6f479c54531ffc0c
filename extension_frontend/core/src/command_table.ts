/**
 * Everything a person can do, and how in each place, or why not there.
 *
 * Hosts take their titles and ids from here; docs/parity.md is written from it (write_parity.mjs). Tests hold it to
 * the manifests, the registered commands, the command line and the Python package.
 */

/** What menus, palettes and the documentation call it. */
export const TITLES = {
  explain: "Explain This Prompt",
  explainWith: "Explain with…",
  setOptions: "Set a Method's Options",
  explainAnswer: "Explain Another Answer",
  explainContrast: "Explain One Answer Rather Than Another",
  explainCompletion: "Explain a Whole Completion",
  explainScore: "Explain a Probability Instead of a Logit",
  checkExplanation: "Check an Explanation",
  adviseMethod: "Which Method Answers My Question?",
  compareMethods: "Compare Methods",
  comparePrompts: "Compare Two Prompts",
  seeAttention: "See Where the Model Looks",
  patchActivations: "Patch Activations Between Two Prompts",
  findCircuit: "Find the Circuit of a Behaviour",
  makePairs: "Make Pairs of Prompts From Templates",
  followAnswer: "After Which Layer Does the Answer Appear?",
  useTransformerLens: "Use TransformerLens on the Same Weights",
  fitProbes: "See What a Layer Represents",
  auditChain: "Audit Chain of Thought",
  explainBlackBox: "Explain an API by Asking Alone",
  openAudit: "Open Audit",
  auditAgain: "Audit Again",
  listFindings: "List Audit Findings",
  clearFindings: "Clear Audit Findings",
  auditOnSave: "Audit Changed Prompts on Save",
  auditOwnSteps: "Audit a Wrong Step of Your Own",
  auditCost: "What an Audit Would Cost",
  explainOutput: "Why Did It Say This?",
  fillValues: "Give Values That Are Not Known",
  readAsMessage: "Read a Prompt as a Chat Message",
  runAgain: "Explain Again",
  cancel: "Cancel",
  useSeparateKernel: "Use a Separate Kernel",
  readToken: "Read a Token's Number",
  joinTokens: "Join Tokens to Words, Lines or Messages",
  clearHeat: "Clear Heat",
  clearAllHeat: "Clear All Heat",
  chooseModel: "Choose Model…",
  listModels: "List the Models That Come With Glasspane",
  listMethods: "List the Methods",
  showPane: "Show Pane",
  showExplanation: "Show an Earlier Explanation",
  insertOutput: "Insert as Output",
  copyPython: "Copy as Python",
  saveResult: "Save an Explanation",
  showStored: "Show a Stored Result",
  seeWaiting: "See That Cells Wait Behind a Job",
  changeSettings: "Change Settings",
  chooseColours: "Choose Stronger Colours",
  showLines: "Show a Line Above Each Prompt",
  doctor: "Doctor",
  showLog: "Show Log",
  install: "Install Glasspane in the Selected Interpreter…",
  restartServer: "Restart Server",
  setServerToken: "Set Token of the Jupyter Server…",
  setEndpointKey: "Set Endpoint Key…",
  forgetEndpointKey: "Forget Endpoint Key…",
  openExample: "Open the Example",
  openLab: "Open JupyterLab",
  serveEditor: "Serve an Editor",
} as const;

export type Action = keyof typeof TITLES;

type Some<Item> = readonly [Item, ...Item[]];
/** No cell can be left empty: a reason is some words and a full stop. */
type Sentence = `${string} ${string}.`;

/** Where it is found in an editor; after a colon stands the label to look for. */
type Spot =
  | "context menu"
  | "output's context menu"
  | "cell toolbar"
  | "command palette"
  | "Alt+Shift+G"
  | "status bar"
  | "settings"
  | "walkthrough"
  | "cell output"
  | "hover"
  | `${"pane" | "hover" | "light bulb" | "line above" | "beside the prompt" | "finding" | "notification"}: ${string}`;

/** In an editor; without commands, only where it is shown. */
interface InEditor<Id extends string> {
  readonly commands?: Some<Id>;
  readonly at: Some<Spot>;
  readonly note?: Sentence;
}

interface ByLine<Line extends string> {
  readonly run: Some<Line>;
  readonly note?: Sentence;
}

/** Neither a command nor a call, and yet it can be done. */
interface Otherwise {
  readonly how: Sentence;
}

interface NotHere {
  readonly not: Sentence;
}

/** The four places where people meet Glasspane. */
export interface Ways {
  readonly jupyterlab: InEditor<`glasspane:${string}`> | Otherwise | NotHere;
  readonly vscode: InEditor<`glasspane.${string}`> | Otherwise | NotHere;
  readonly cli: ByLine<`glasspane ${string}`> | Otherwise | NotHere;
  readonly python: ByLine<`gp.${string}` | `result.${string}` | `%%explain ${string}`> | Otherwise | NotHere;
}

const NO_HEAT_IN_TEXT = { not: "It colours no document." } as const;
const NO_SERVER = { not: "It needs no server." } as const;
const NO_SECRET_STORE = {
  not: "JupyterLab has no secret store: the key is an environment variable of the kernel.",
} as const;
const KEY_IN_ENVIRONMENT = { not: "The key is an environment variable, whose name is given." } as const;
const BESIDE_THE_SERVER = { not: "The page comes from the server that has Glasspane." } as const;

export const COMMAND_TABLE = {
  explain: {
    jupyterlab: {
      commands: ["glasspane:explain", "glasspane:explain-at-cursor"],
      at: ["context menu", "command palette", "Alt+Shift+G"],
    },
    vscode: {
      commands: ["glasspane.explain"],
      at: ["context menu", "command palette", "Alt+Shift+G", "line above: Explain this prompt"],
      note: "The line above a prompt is shown if the settings ask for it.",
    },
    cli: { run: ['glasspane explain "PROMPT"'] },
    python: {
      run: ['gp.explain(model, tokenizer, "PROMPT")', "%%explain --model model"],
      note: "The magic is there after `%load_ext glasspane`.",
    },
  },
  explainWith: {
    jupyterlab: { commands: ["glasspane:explain-with"], at: ["context menu", "pane: Method"] },
    vscode: {
      commands: ["glasspane.explainWith"],
      at: ["context menu", "command palette", "pane: Method"],
    },
    cli: { run: ['glasspane explain --method NAME "PROMPT"'] },
    python: { run: ['gp.explain(model, tokenizer, "PROMPT", method="NAME")', "%%explain --method NAME"] },
  },
  setOptions: {
    jupyterlab: { at: ["pane: Options"] },
    vscode: { at: ["pane: Options"] },
    cli: { run: ['glasspane explain --baseline mean --option max_steps=64 "PROMPT"'] },
    python: { run: ['gp.explain(model, tokenizer, "PROMPT", baseline="mean", max_steps=64)'] },
  },
  explainAnswer: {
    jupyterlab: { at: ["pane: Next token", "pane: Explain something else"] },
    vscode: { at: ["pane: Next token", "pane: Explain something else"] },
    cli: { run: ['glasspane explain --target " Paris" "PROMPT"'] },
    python: { run: ['gp.explain(model, tokenizer, "PROMPT", target=" Paris")'] },
  },
  explainContrast: {
    jupyterlab: {
      at: ["pane: vs", "pane: Explain something else"],
      note: "Or Shift with a click on a likely token.",
    },
    vscode: {
      at: ["pane: vs", "pane: Explain something else"],
      note: "Or Shift with a click on a likely token.",
    },
    cli: { run: ['glasspane explain --target " Paris" --versus " Rome" "PROMPT"'] },
    python: { run: ['gp.explain(model, tokenizer, "PROMPT", target=(" Paris", " Rome"))'] },
  },
  explainCompletion: {
    jupyterlab: { at: ["pane: Explain something else"] },
    vscode: { at: ["pane: Explain something else"] },
    cli: { run: ['glasspane explain --completion " Paris, of course" "PROMPT"'] },
    python: { run: ['gp.explain(model, tokenizer, "PROMPT", completion=" Paris, of course")'] },
  },
  explainScore: {
    jupyterlab: { not: "Editors always explain the logit." },
    vscode: { not: "Editors always explain the logit." },
    cli: { run: ['glasspane explain --score log_prob "PROMPT"'] },
    python: { run: ['gp.explain(model, tokenizer, "PROMPT", score="log_prob")'] },
  },
  checkExplanation: {
    jupyterlab: {
      at: ["pane: Check this explanation", "pane: Trust"],
      note: "What takes less than a second is checked at once.",
    },
    vscode: {
      at: ["pane: Check this explanation", "pane: Trust"],
      note: "What takes less than a second is checked at once.",
    },
    cli: { run: ['glasspane explain --check "PROMPT"'] },
    python: { run: ["gp.check(model, tokenizer, explanation)", "result.check()"] },
  },
  adviseMethod: {
    jupyterlab: { at: ["pane: Which method answers my question?"] },
    vscode: { at: ["pane: Which method answers my question?"] },
    cli: { run: ["glasspane advise report --audience regulator"] },
    python: { run: ['gp.advise("report", audience="regulator")'] },
  },
  compareMethods: {
    jupyterlab: { at: ["pane: Do other methods say the same?"] },
    vscode: { at: ["pane: Do other methods say the same?"] },
    cli: { run: ['glasspane compare "PROMPT" --methods integrated_gradients,occlusion,attention'] },
    python: {
      run: ['gp.compare(model, tokenizer, "PROMPT", methods=["integrated_gradients", "occlusion"])'],
    },
  },
  comparePrompts: {
    jupyterlab: { at: ["pane: What changes with the prompt?"] },
    vscode: { at: ["pane: What changes with the prompt?"] },
    cli: { run: ['glasspane diff "BEFORE" "AFTER"'] },
    python: { run: ['gp.diff(model, tokenizer, "BEFORE", "AFTER")'] },
  },
  seeAttention: {
    jupyterlab: { at: ["pane: Attention"] },
    vscode: { at: ["pane: Attention"] },
    cli: { not: "Heads are matrices: a terminal would not do them justice." },
    python: { run: ['gp.attention(model, tokenizer, "PROMPT")'] },
  },
  patchActivations: {
    jupyterlab: { at: ["pane: Inside"] },
    vscode: { at: ["pane: Inside"] },
    cli: { run: ['glasspane patch "CLEAN" "CORRUPTED" --right " RIGHT" --wrong " WRONG"'] },
    python: { run: ['gp.patch(model, tokenizer, "CLEAN", "CORRUPTED", answer=(" RIGHT", " WRONG"))'] },
  },
  findCircuit: {
    jupyterlab: { at: ["pane: Inside", "pane: Find the circuit"] },
    vscode: { at: ["pane: Inside", "pane: Find the circuit"] },
    cli: { run: ["glasspane circuit pairs.csv --held-out others.csv"] },
    python: { run: ["gp.circuit(model, tokenizer, pairs=PAIRS, held_out=OTHERS)"] },
  },
  makePairs: {
    jupyterlab: { at: ["pane: Make pairs like these"] },
    vscode: { at: ["pane: Make pairs like these"] },
    cli: { not: "Pairs come from a file there." },
    python: {
      run: [
        'gp.pairs_like(model, tokenizer, "CLEAN", "CORRUPTED", answer=(" RIGHT", " WRONG"))',
        'gp.pairs("CLEAN {a}", "CORRUPTED {b}", " {a}", " {b}", a=NAMES, b=OTHERS)',
      ],
    },
  },
  followAnswer: {
    jupyterlab: { at: ["pane: Inside", "pane: Lens"], note: "Opened, it asks by itself." },
    vscode: { at: ["pane: Inside", "pane: Lens"], note: "Opened, it asks by itself." },
    cli: { run: ['glasspane lens "PROMPT" --target " Paris" --versus " Rome"'] },
    python: { run: ['gp.lens(model, tokenizer, "PROMPT", target=(" Paris", " Rome"))'] },
  },
  useTransformerLens: {
    jupyterlab: { not: "A bridge is an object for your own code." },
    vscode: { not: "A bridge is an object for your own code." },
    cli: { not: "A bridge is an object for your own code." },
    python: { run: ["gp.bridge(model, tokenizer)"] },
  },
  fitProbes: {
    jupyterlab: { at: ["pane: Inside", "pane: Probe every layer"] },
    vscode: { at: ["pane: Inside", "pane: Probe every layer"] },
    cli: { run: ["glasspane probe sentiment --test"], note: "A file of your own texts does as well." },
    python: {
      run: ['gp.probe(model, tokenizer, "sentiment")'],
      note: "Its `.test(layer)` says whether the model uses what is read.",
    },
  },
  auditChain: {
    jupyterlab: {
      commands: ["glasspane:audit"],
      at: ["context menu", "pane: Audit", "pane: Run the audit"],
      note: "“Whose reasoning” names an endpoint in the model’s place.",
    },
    vscode: {
      commands: ["glasspane.audit"],
      at: ["context menu", "command palette", "pane: Audit", "pane: Run the audit"],
      note: "“Whose reasoning” names an endpoint in the model’s place.",
    },
    cli: {
      run: ['glasspane audit "QUESTION Answer step by step."', "glasspane audit prompts.yaml"],
      note: "`--endpoint URL --endpoint-model NAME` audits an OpenAI-compatible endpoint; a file of prompts is reported on by `--junit` and `--sarif`.",
    },
    python: {
      run: [
        'gp.audit(model, tokenizer, "QUESTION Answer step by step.")',
        'gp.endpoint("http://127.0.0.1:8000/v1", "NAME")',
      ],
      note: "An endpoint stands in the place of a model and its tokenizer.",
    },
  },
  explainBlackBox: {
    jupyterlab: {
      not: "The kernel answers it, and no pane asks it yet: call it from a cell, whose output shows it.",
    },
    vscode: {
      not: "The kernel answers it, and no pane asks it yet: call it from a cell, whose output shows it.",
    },
    cli: {
      run: ['glasspane blackbox --endpoint http://127.0.0.1:8000/v1 --endpoint-model NAME "PROMPT"'],
      note: "`--preview` tells what it would cost.",
    },
    python: {
      run: ['gp.explain_black_box(gp.endpoint("http://127.0.0.1:8000/v1", "NAME"), "PROMPT", grain="words")'],
      note: "A model and its tokenizer do as well as an endpoint.",
    },
  },
  openAudit: {
    jupyterlab: {
      commands: ["glasspane:open-audit"],
      at: ["command palette", "finding: Open audit"],
      note: "Of the prompt at the cursor, else of the first one audited.",
    },
    vscode: {
      commands: ["glasspane.openAudit"],
      at: ["command palette", "finding: Open audit"],
      note: "Of the prompt at the cursor, else of the first one audited.",
    },
    cli: { run: ["glasspane show audit.json"] },
    python: { how: "An audit that is kept in a variable can be shown again." },
  },
  auditAgain: {
    jupyterlab: {
      commands: ["glasspane:audit-again"],
      at: ["command palette", "finding: Run again"],
    },
    vscode: { commands: ["glasspane.auditAgain"], at: ["command palette", "finding: Run again"] },
    cli: { not: "Every run starts from the beginning; a ledger keeps what was paid for." },
    python: { not: "Every call audits the model as it is then; a ledger keeps what was paid for." },
  },
  listFindings: {
    jupyterlab: { commands: ["glasspane:list-findings"], at: ["command palette"] },
    vscode: { how: "Problems lists them, and F8 goes to the next one." },
    cli: { run: ["glasspane audit prompts.yaml --sarif audit.sarif"] },
    python: { how: "`audit.data.notes` has them, the gravest first." },
  },
  clearFindings: {
    jupyterlab: { commands: ["glasspane:clear-findings"], at: ["command palette"] },
    vscode: { commands: ["glasspane.clearFindings"], at: ["command palette"] },
    cli: { not: "It marks no document." },
    python: { not: "It marks no document." },
  },
  auditOnSave: {
    jupyterlab: { at: ["settings"], note: "Off until you choose it; its budget is a setting too." },
    vscode: { at: ["settings"], note: "Off until you choose it; its budget is a setting too." },
    cli: { how: "A pre-commit hook can run `glasspane audit prompts.yaml`." },
    python: { not: "Nothing is saved there." },
  },
  auditOwnSteps: {
    jupyterlab: { at: ["pane: Audit", "pane: Write a wrong step yourself"] },
    vscode: { at: ["pane: Audit", "pane: Write a wrong step yourself"] },
    cli: { how: "In a file of prompts: `wrong`, a list of steps with their text." },
    python: {
      run: ['gp.audit(model, tokenizer, "QUESTION", wrong=[{"step": 1, "text": "5 + 7 = 13."}])'],
    },
  },
  auditCost: {
    jupyterlab: { at: ["pane: Audit", "pane: What would it cost?"] },
    vscode: { at: ["pane: Audit", "pane: What would it cost?"] },
    cli: { run: ['glasspane audit "QUESTION Answer step by step." --preview'] },
    python: { run: ['gp.audit(model, tokenizer, "QUESTION Answer step by step.", preview=True)'] },
  },
  explainOutput: {
    jupyterlab: {
      commands: ["glasspane:explain-output"],
      at: ["output's context menu"],
      note: "Of words marked in the output, only those are asked about.",
    },
    vscode: {
      commands: ["glasspane.explainOutput"],
      at: ["cell toolbar", "command palette"],
      note: "Always the whole output: VS Code tells no extension what is marked in one.",
    },
    cli: {
      how: "There are no outputs to point at: give the text as `--completion`.",
    },
    python: {
      how: "There are no outputs to point at: give the text as `completion=`.",
    },
  },
  fillValues: {
    jupyterlab: { at: ["pane: Explain", "pane: Run it", "pane: Type the values instead"] },
    vscode: { at: ["pane: Explain", "pane: Run it", "pane: Type the values instead"] },
    cli: { not: "A prompt on the command line has no holes." },
    python: { not: "Python has filled an f-string before Glasspane sees it." },
  },
  readAsMessage: {
    jupyterlab: { at: ["pane: As a user message", "pane: Exactly as it stands"] },
    vscode: { at: ["pane: As a user message", "pane: Exactly as it stands"] },
    cli: { run: ['glasspane explain --chat "PROMPT"'] },
    python: {
      run: ['gp.explain(model, tokenizer, "PROMPT", template="chat")', "%%explain --chat"],
      note: "A list of messages goes through the chat template by itself.",
    },
  },
  runAgain: {
    jupyterlab: {
      at: ["pane: Run again", "beside the prompt: Explain again"],
      note: "Beside the prompt once its heat is out of date.",
    },
    vscode: {
      commands: ["glasspane.runAgain"],
      at: [
        "command palette",
        "pane: Run again",
        "hover: Explain again",
        "light bulb: Explain this prompt again",
      ],
      note: "In hover and light bulb once its heat is out of date.",
    },
    cli: { not: "Every run starts from the beginning." },
    python: { not: "Every call explains the model as it is then." },
  },
  cancel: {
    jupyterlab: { at: ["pane: Cancel", "notification: Cancel"] },
    vscode: {
      commands: ["glasspane.cancel"],
      at: ["command palette", "pane: Cancel", "notification: Cancel"],
    },
    cli: { how: "Ctrl+C ends it." },
    python: { how: "Interrupt the kernel, or press Ctrl+C." },
  },
  useSeparateKernel: {
    jupyterlab: { at: ["pane: Use a separate kernel"] },
    vscode: { at: ["pane: Use a separate kernel"] },
    cli: { not: "Every run is a process of its own." },
    python: { not: "It runs where it is called." },
  },
  readToken: {
    jupyterlab: { at: ["hover", "pane: Tokens"] },
    vscode: { at: ["hover", "pane: Tokens"] },
    cli: { run: ['glasspane explain "PROMPT"'], note: "The table has a line for every token." },
    python: { run: ["result.to_frame()", "result.scores"] },
  },
  joinTokens: {
    jupyterlab: { at: ["pane: Words", "pane: Lines", "pane: Messages"] },
    vscode: { at: ["pane: Words", "pane: Lines", "pane: Messages"] },
    cli: { not: "It lists single tokens, as the model reads them." },
    python: { how: "Group the rows of `result.to_frame()`: signed scores add up." },
  },
  clearHeat: {
    jupyterlab: {
      commands: ["glasspane:clear-heat"],
      at: ["context menu", "pane: Clear heat", "beside the prompt: Clear heat"],
      note: "From the menu it clears the whole cell or file.",
    },
    vscode: {
      commands: ["glasspane.clearHeat"],
      at: [
        "context menu",
        "command palette",
        "pane: Clear heat",
        "hover: Clear heat",
        "light bulb: Clear the heat of this prompt",
      ],
      note: "With the cursor in no heated prompt it clears the whole cell or file.",
    },
    cli: NO_HEAT_IN_TEXT,
    python: NO_HEAT_IN_TEXT,
  },
  clearAllHeat: {
    jupyterlab: { commands: ["glasspane:clear-all-heat"], at: ["command palette"] },
    vscode: { commands: ["glasspane.clearAllHeat"], at: ["command palette"] },
    cli: NO_HEAT_IN_TEXT,
    python: NO_HEAT_IN_TEXT,
  },
  chooseModel: {
    jupyterlab: {
      commands: ["glasspane:choose-model"],
      at: [
        "context menu",
        "command palette",
        "status bar",
        "pane: Explain this",
        "pane: Use it",
        "pane: Choose Model…",
      ],
      note: "The pane asks where it is not plain which one is meant.",
    },
    vscode: {
      commands: ["glasspane.chooseModel"],
      at: [
        "context menu",
        "command palette",
        "status bar",
        "pane: Explain this",
        "pane: Use it",
        "pane: Choose Model…",
      ],
      note: "The pane asks where it is not plain which one is meant.",
    },
    cli: { run: ['glasspane explain --model NAME "PROMPT"'] },
    python: { run: ['gp.subject("demo-lm")', "gp.subject(model, tokenizer)"] },
  },
  listModels: {
    jupyterlab: { how: "“Choose Model…” lists them." },
    vscode: { how: "“Choose Model…” lists them." },
    cli: { run: ["glasspane models"] },
    python: { not: "No function lists them yet." },
  },
  listMethods: {
    jupyterlab: { how: "The context menu and the pane list them." },
    vscode: { how: "“Explain with…”, the pane and the settings list them." },
    cli: { run: ["glasspane methods"] },
    python: { run: ["gp.methods()"] },
  },
  showPane: {
    jupyterlab: { commands: ["glasspane:show-pane"], at: ["command palette", "notification: Show"] },
    vscode: {
      commands: ["glasspane.showPane"],
      at: ["context menu", "command palette", "hover: Show pane", "notification: Show Pane", "walkthrough"],
    },
    cli: { not: "What a pane would say is printed." },
    python: { not: "What a pane would say is in the result." },
  },
  showExplanation: {
    jupyterlab: { how: "A click on a heated token shows its explanation in the pane." },
    vscode: { at: ["hover: Show pane"], note: "VS Code tells no extension of clicks into a text." },
    cli: { not: "Every run prints its own." },
    python: { how: "A result that is kept in a variable can be shown again." },
  },
  insertOutput: {
    jupyterlab: { at: ["pane: Insert as output"], note: "In notebooks only." },
    vscode: { at: ["pane: Insert as output"], note: "In notebooks only." },
    cli: { not: "There is no notebook; `--html FILE` writes a page." },
    python: { how: "A result that a cell ends with is its output." },
  },
  copyPython: {
    jupyterlab: { at: ["pane: Copy as Python"] },
    vscode: { at: ["pane: Copy as Python"] },
    cli: { run: ['glasspane explain --json "PROMPT"'], note: "The field `code` holds the call." },
    python: { run: ["result.data.code"] },
  },
  saveResult: {
    jupyterlab: { at: ["pane: Insert as output"], note: "It is saved with the notebook." },
    vscode: { at: ["pane: Insert as output"], note: "It is saved with the notebook." },
    cli: {
      run: ['glasspane explain --json "PROMPT" > why.json', 'glasspane explain --html why.html "PROMPT"'],
    },
    python: { run: ['result.save("why.json")', 'result.save("why.html")'] },
  },
  showStored: {
    jupyterlab: { at: ["cell output"], note: "No kernel is needed." },
    vscode: { at: ["cell output"], note: "No kernel is needed." },
    cli: { run: ["glasspane show why.json"] },
    python: { run: ['gp.load("why.json")'], note: "Of every kind that is saved." },
  },
  seeWaiting: {
    jupyterlab: { how: "The status bar says “Your cells wait behind a Glasspane job”." },
    vscode: { how: "VS Code shows cells as pending, and its status bar a Glasspane at work." },
    cli: { not: "It has a process of its own: no cell waits." },
    python: { not: "A call is the cell that runs." },
  },
  changeSettings: {
    jupyterlab: { at: ["settings"] },
    vscode: { at: ["settings"], note: "Colours are VS Code's: `workbench.colorCustomizations`." },
    cli: { not: "Every run says by its options what it wants." },
    python: { not: "Every call says by its arguments what it wants." },
  },
  chooseColours: {
    jupyterlab: { at: ["settings"], note: "Its name is `palette`: standard or high contrast." },
    vscode: { how: "They follow the theme, high contrast included; see Change Settings for single ones." },
    cli: { not: "A terminal has colours of its own." },
    python: { not: "Results follow the theme they are shown in." },
  },
  showLines: {
    jupyterlab: { not: "A line between those of a cell would move the code." },
    vscode: { at: ["settings"], note: "Its name is `codeLens`; in Python files." },
    cli: { not: "It opens no document." },
    python: { not: "It opens no document." },
  },
  doctor: {
    jupyterlab: { not: "A page cannot look into an installation: `glasspane doctor` in a terminal does." },
    vscode: { commands: ["glasspane.doctor"], at: ["command palette", "walkthrough"] },
    cli: { run: ["glasspane doctor", "glasspane doctor --mend"] },
    python: { not: "An installation is looked at from outside: `glasspane doctor` in a terminal." },
  },
  showLog: {
    jupyterlab: {
      at: ["pane: For the log"],
      note: "An error's details; the Jupyter server keeps its own log.",
    },
    vscode: { commands: ["glasspane.showLog"], at: ["command palette", "pane: For the log"] },
    cli: { how: "Libraries log to standard error." },
    python: { how: "A GlasspaneError carries what a log would say." },
  },
  install: {
    jupyterlab: {
      at: ["pane: Copy"],
      note: "The command for a kernel without Glasspane; the page cannot run it.",
    },
    vscode: {
      commands: ["glasspane.install"],
      at: ["command palette", "notification: Install…", "walkthrough"],
    },
    cli: { run: ["glasspane doctor --mend"], note: "What models need, once Glasspane is there." },
    python: { not: "What is not installed cannot be called." },
  },
  restartServer: {
    jupyterlab: BESIDE_THE_SERVER,
    vscode: { commands: ["glasspane.restartServer"], at: ["command palette"] },
    cli: NO_SERVER,
    python: NO_SERVER,
  },
  setServerToken: {
    jupyterlab: BESIDE_THE_SERVER,
    vscode: { commands: ["glasspane.setServerToken"], at: ["command palette"] },
    cli: NO_SERVER,
    python: NO_SERVER,
  },
  setEndpointKey: {
    jupyterlab: NO_SECRET_STORE,
    vscode: { commands: ["glasspane.setEndpointKey"], at: ["command palette"] },
    cli: KEY_IN_ENVIRONMENT,
    python: KEY_IN_ENVIRONMENT,
  },
  forgetEndpointKey: {
    jupyterlab: NO_SECRET_STORE,
    vscode: { commands: ["glasspane.forgetEndpointKey"], at: ["command palette"] },
    cli: KEY_IN_ENVIRONMENT,
    python: KEY_IN_ENVIRONMENT,
  },
  openExample: {
    jupyterlab: { not: "`glasspane lab --example` puts the notebook where JupyterLab then opens it." },
    vscode: { commands: ["glasspane.openExample"], at: ["command palette", "walkthrough"] },
    cli: { run: ["glasspane lab --example"] },
    python: { not: "The example is a notebook, not a call." },
  },
  openLab: {
    jupyterlab: { not: "It is open." },
    vscode: { not: "VS Code is an editor of its own." },
    cli: { run: ["glasspane lab"] },
    python: { not: "A server is started from a terminal." },
  },
  serveEditor: {
    jupyterlab: { not: "It has a server of its own." },
    vscode: { how: "It starts the server when it is first needed." },
    cli: { run: ["glasspane serve --tethered"], note: "For editors; people need not type it." },
    python: { not: "A server is started from a terminal." },
  },
} as const satisfies Readonly<Record<Action, Ways>>;

type CommandsIn<Host extends "jupyterlab" | "vscode"> = {
  [Each in Action]: (typeof COMMAND_TABLE)[Each][Host] extends {
    readonly commands: infer Ids extends Some<string>;
  }
    ? Ids[number]
    : never;
}[Action];

/** The id of a command of JupyterLab. */
export type LabCommand = CommandsIn<"jupyterlab">;

type WithoutPrefix<Id> = Id extends `glasspane.${infer Name}` ? Name : never;

/** A command of VS Code, without `glasspane.`. */
export type EditorCommand = WithoutPrefix<CommandsIn<"vscode">>;
