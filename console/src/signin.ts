// Asks for an API key where the server needs one.

import { button, el } from "./dom";
import { session } from "./session";

let asking: Promise<void> | null = null;

/** Resolves when there is another key than `refused`. All who ask at a time wait for the same one. */
export function askForKey(refused: string | null): Promise<void> {
  if (session.key !== refused) return Promise.resolve();
  session.key = null;
  asking ??= shown(refused !== null).finally(() => {
    asking = null;
  });
  return asking;
}

function shown(wasRefused: boolean): Promise<void> {
  return new Promise((done) => {
    const field = el("input", {
      type: "password",
      id: "key",
      name: "key",
      autocomplete: "off",
      spellcheck: "false",
      required: true,
      "aria-describedby": "key-help",
      placeholder: "telemetry_…",
    });
    const form = el(
      "form",
      { method: "dialog" },
      el("h2", { id: "key-title" }, "Sign in"),
      el("p", { id: "key-help" }, "This server asks for an API key. It stays in this tab, and is forgotten with it."),
      wasRefused && el("p", { class: "wrong", role: "alert" }, "The server does not know that key."),
      el("label", { for: "key" }, "API key"),
      field,
      el(
        "div",
        { class: "actions" },
        button("Sign in", () => undefined, { type: "submit", class: "primary" }),
      ),
    );
    const dialog = el("dialog", { class: "sheet", "aria-labelledby": "key-title" }, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const key = field.value.trim();
      if (!key) return;
      session.key = key;
      dialog.close();
      dialog.remove();
      document.dispatchEvent(new Event("signed"));
      done();
    });
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
  });
}
