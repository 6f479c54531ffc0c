import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

/** Runs a script in the Python that Glasspane is tested with: JSON in on stdin, JSON out on stdout. */
export function askPython<Answer>(script: string, question: unknown): Answer {
  const python = process.env.GLASSPANE_PYTHON ?? fileURLToPath(new URL(".venv/bin/python", root));
  const answer = execFileSync(python, ["-W", "ignore", "-c", script], {
    input: JSON.stringify(question),
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: {
      ...process.env,
      PYTHONPATH: fileURLToPath(new URL("python_backend", root)),
      PYTHONIOENCODING: "utf-8:surrogatepass",
    },
  });
  return JSON.parse(answer) as Answer;
}

/** A small seeded generator (mulberry32), so that failures come back. */
export class Random {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}
