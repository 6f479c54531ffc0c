/** Truth: addresses as Jupyter prints them and as people paste them. */
import { GlasspaneFailure } from "@glasspane/core";
import { expect, test } from "vitest";
import { namedServer } from "../../extension_frontend/vscode/src/named_server.js";

test.each([
  ["http://127.0.0.1:8888", "http://127.0.0.1:8888/", ""],
  [" http://127.0.0.1:8888/ ", "http://127.0.0.1:8888/", ""],
  ["http://127.0.0.1:8888/lab?token=SECRET", "http://127.0.0.1:8888/", "SECRET"],
  ["https://hub.example/user/me/lab/tree/a.ipynb?reset#x", "https://hub.example/user/me/", ""],
  ["http://localhost:9/tree", "http://localhost:9/", ""],
])("%s is the server at %s", (given, url, token) => {
  expect(namedServer(given)).toEqual({ url, token });
});

test.each([undefined, null, "", "  ", 3, {}])("%s names none", (given) => {
  expect(namedServer(given)).toBeNull();
});

test.each(["garbage", "127.0.0.1:8888", "file:///etc/passwd", "javascript:alert(1)"])(
  "%s is refused",
  (given) => {
    expect(() => namedServer(given)).toThrow(GlasspaneFailure);
  },
);
