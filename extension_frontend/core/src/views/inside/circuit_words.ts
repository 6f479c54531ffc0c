/** Circuits in words: what their figures are called, and what a verdict means. */
import type {
  CircuitEdge,
  CircuitNode,
  CircuitResult,
  CircuitValidation,
  Interval,
  NodeClass,
} from "../../protocol.js";
import { percent } from "../figures.js";
import type { Standing } from "../verdict.js";

export const INPUTS: Readonly<Record<CircuitEdge["into"], string>> = {
  q: "queries",
  k: "keys",
  v: "values",
  mlp: "input",
  logits: "input",
};

interface VerdictWords {
  readonly sign: string;
  readonly name: string;
  readonly standing: Standing;
  readonly means: string;
}

export const VERDICTS: Readonly<Record<CircuitResult["verdict"], VerdictWords>> = {
  validated: {
    sign: "✓",
    name: "Validated",
    standing: "better",
    means:
      "On pairs that it was not found on, it carries most of the behaviour by itself, little is left without it, and random sets of as many carry less.",
  },
  "not validated": {
    sign: "✗",
    name: "Not validated",
    standing: "worse",
    means:
      "Pairs that it was not found on do not bear it out: take it for what these prompts need, not for how the model does it.",
  },
  "not held out": {
    sign: "?",
    name: "Not held out",
    standing: "same",
    means:
      "No other pairs were tried: whether it is the circuit of the task or of these prompts alone is open. Write more words for its holes.",
  },
};

/** A share of the behaviour: "37 %", "−12 %", "0.0 %" for what rounds to nothing; `signed` also writes the plus. */
export function share(value: number, signed = false): string {
  const size = Math.abs(value);
  if (size === 0) return percent(0);
  if (size < 0.0005) return percent(0).replace("0", "0.0");
  const sign = value < 0 ? "−" : signed ? "+" : "";
  return `${sign}${percent(Math.max(size, 0.001))}`;
}

/** A share with its interval, which is left out where it reads like the share itself. */
export function shareWithin({ value, low, high }: Interval): string {
  const [said, least, most] = [share(value), share(low), share(high)];
  return said === least && said === most ? said : `${said} (${least} to ${most})`;
}

/** "Head 3.1", "MLP 3", "Embedding", "Logits". */
export function nodeTitle(name: string): string {
  if (name === "embed") return "Embedding";
  if (name === "logits") return "Logits";
  return name.startsWith("mlp") ? `MLP ${name.slice(4)}` : `Head ${name}`;
}

/** The same within a sentence. */
export function nodePhrase(name: string): string {
  const title = nodeTitle(name);
  return title.startsWith("MLP") ? title : title.charAt(0).toLowerCase() + title.slice(1);
}

/** Everything about a node in a line. */
export function nodeSentence({ name, lost, restores, classes, inside }: CircuitNode): string {
  return [
    nodeTitle(name),
    inside ? null : "outside the circuit",
    `${share(lost)} lost when it alone is ablated`,
    `${share(restores)} back when it alone is restored`,
    classes.length === 0 ? null : classes.map((each) => each.name).join(", "),
  ]
    .filter((part) => part !== null)
    .join(" · ");
}

export function edgeName({ source, target, into }: CircuitEdge): string {
  const input = into === "mlp" || into === "logits" ? "" : ` (${INPUTS[into]})`;
  return `${source} → ${target}${input}`;
}

/** Everything about an edge in a line. */
export function edgeSentence(edge: CircuitEdge): string {
  const { source, target, into, exact, estimated } = edge;
  const read =
    into === "mlp" || into === "logits"
      ? `read by ${nodePhrase(target)}`
      : `read by the ${INPUTS[into]} of ${nodePhrase(target)}`;
  return [
    `What ${nodePhrase(source)} writes, ${read}`,
    `${share(exact, true)} exactly${exact < 0 ? ", against the answer" : ""}`,
    `${share(estimated, true)} estimated`,
  ].join(" · ");
}

/** The figures behind a class, as attention weights or as shares of the behaviour. */
const EVIDENCE: Readonly<Record<string, readonly [says: string, unit: "weight" | "share"]>> = {
  previous: ["attention to the token before", "weight"],
  same: ["attention to where the same token stood before", "weight"],
  after_same: ["attention to what followed the same token before", "weight"],
  to_right: ["attention from the last token to the right answer", "weight"],
  to_wrong: ["attention from the last token to the wrong answer", "weight"],
  copies: ["of the prompts in which it copies what it looks at", "share"],
  direct: ["of the behaviour straight to the logits", "share"],
  into_queries: ["of the behaviour through the queries of heads that write the answer", "share"],
  lost: ["lost without it", "share"],
  lost_without_movers: ["lost without it once the heads that write the answer are gone", "share"],
};

export function classEvidence({ evidence }: NodeClass): string {
  return Object.entries(evidence)
    .map(([name, value]) => {
      const [says, unit] = EVIDENCE[name] ?? [name.replace(/_/g, " "), "weight"];
      return unit === "weight" ? `${says} ${value.toFixed(2)}` : `${share(value)} ${says}`;
    })
    .join("; ");
}

export function onWhat({ on, pairs, distinct }: CircuitValidation): string {
  const counted = `${pairs} ${on === "pairs" ? "pairs it was found on" : "held-out pairs"}`;
  return distinct === pairs ? counted : `${counted}, ${distinct} of them different`;
}
