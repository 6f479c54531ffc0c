import type { AttributionResult, Catalogue, Token } from "../../extension_frontend/core/src/protocol.js";

/** Tokens that partition `pieces.join("")`, in code points; `special` ones cover nothing. */
export function tokensOf(pieces: readonly (string | { special: string })[]): {
  text: string;
  tokens: Token[];
} {
  let text = "";
  let at = 0;
  const tokens = pieces.map((piece, index): Token => {
    if (typeof piece !== "string") {
      return { index, id: index, text: piece.special, start: at, end: at, special: true, segment: null };
    }
    const start = at;
    at += Array.from(piece).length;
    text += piece;
    return { index, id: 100 + index, text: piece, start, end: at, special: false, segment: null };
  });
  return { text, tokens };
}

/** A result as the kernel would send it; `change` replaces what a test is about. */
export function sampleResult(change: Partial<AttributionResult> = {}): AttributionResult {
  const { text, tokens } = tokensOf(["The", " capital", " of", " France", " is"]);
  return {
    kind: "attribution",
    glasspane: "0.1.0",
    versions: { torch: "2.9.0", transformers: "5.9.0", python: "3.11.7" },
    subject: {
      name: "demo-lm",
      ref: { source: "bundled", name: "demo-lm" },
      family: "causal_lm",
      architecture: "GPT2LMHeadModel",
      parameters: 3_120_000,
      device: "cpu",
      dtype: "float32",
      context_length: 256,
      vocabulary_size: 4096,
      chat_template: false,
      wrappers: [],
      tokenizer_match: "shipped with the model",
      labels: [],
      weights: "abc",
    },
    text,
    rendered: null,
    template: "raw",
    segments: [],
    tokens,
    target: {
      kind: "token",
      text: " Paris",
      ids: [42],
      versus_ids: [],
      versus_text: null,
      score: "logit",
      value: 12.31,
      probability: 0.974,
      pieces: [],
    },
    predictions: [
      { id: 42, text: " Paris", probability: 0.974, logit: 12.31 },
      { id: 43, text: " Rome", probability: 0.0104, logit: 7.8 },
      { id: 44, text: " Lyon", probability: 0.0042, logit: 6.9 },
      { id: 45, text: "\n", probability: 0.0008, logit: 5.2 },
    ],
    method: {
      name: "integrated_gradients",
      label: "Integrated gradients",
      signed: true,
      options: { baseline: "default", max_steps: 256 },
      baseline: "the mean embedding",
      note: "Relative to its baseline: another baseline asks another question.",
    },
    scores: [[0.12, 0.31, -0.18, 0.87, -0.02]],
    margins: null,
    checks: {
      completeness_gap: 0.003,
      completeness_difference: -0.0033,
      baseline_value: 11.21,
      steps: 32,
      converged: true,
      largest_move: 0.004,
      sink_share: 0.08,
      surrogate_r2: null,
      complete: true,
      check_seconds: null,
    },
    warnings: [],
    cost: { seconds: 0.042, stages: {}, forwards: 33, backwards: 32, cached: false },
    code: 'glasspane.explain("The capital of France is", method="integrated_gradients")',
    request: {
      kind: "explain",
      subject: { source: "auto" },
      prompt: { form: "text", text, template: "raw" },
      method: "integrated_gradients",
      options: {},
      target: { kind: "top" },
      score: "logit",
      job: null,
    },
    ...change,
  };
}

export const CATALOGUE: Catalogue = {
  kind: "catalogue",
  glasspane: "0.1.0",
  methods: [
    {
      name: "input_x_gradient",
      label: "Gradient × input",
      summary: "First-order effect of each token's embedding: instant, local, signed.",
      signed: true,
      families: ["causal_lm", "sequence_classifier"],
      options: [],
      debugging_aid: false,
      reference: "Shrikumar et al. 2016",
    },
    {
      name: "integrated_gradients",
      label: "Integrated gradients",
      summary: "Gradients along the path from a baseline to the prompt: signed, and they add up.",
      signed: true,
      families: ["causal_lm", "sequence_classifier"],
      options: [
        {
          name: "baseline",
          label: "Baseline",
          help: "What stands for the absence of a token.",
          type: "text",
          default: "default",
          minimum: null,
          maximum: null,
          choices: ["default", "mean", "zero", "pad", "mask"],
        },
        {
          name: "max_steps",
          label: "Most steps",
          help: "Path points are doubled up to this number.",
          type: "integer",
          default: 256,
          minimum: 2,
          maximum: 4096,
          choices: [],
        },
      ],
      debugging_aid: false,
      reference: "Sundararajan et al. 2017",
    },
    {
      name: "inseq:saliency",
      label: "inseq: Saliency",
      summary: "Size of the gradient at each token's embedding: no direction.",
      signed: false,
      families: ["causal_lm"],
      options: [],
      debugging_aid: false,
      reference: "captum, through inseq",
    },
    {
      name: "attention",
      label: "Attention (debugging aid)",
      summary: "Where the last position looks, not what changes the answer.",
      signed: false,
      families: ["causal_lm"],
      options: [],
      debugging_aid: true,
      reference: "Jain & Wallace 2019",
    },
  ],
  models: [
    {
      name: "demo-lm",
      summary: "A small language model of capitals and stories.",
      family: "causal_lm",
      parameters: 3_120_000,
    },
  ],
  probe_tasks: [],
};
