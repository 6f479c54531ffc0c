import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/frontend/**/*.test.ts"],
    testTimeout: 20_000,
    pool: "threads",
    maxWorkers: 2,
  },
});
