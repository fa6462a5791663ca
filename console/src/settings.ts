// The look and the zone, chosen once for all views.

import { button, el } from "./dom";
import { isText, kept } from "./session";
import { isZone, ownZone } from "./times";

type Theme = "auto" | "light" | "dark";
const THEMES: Theme[] = ["auto", "light", "dark"];
const ICONS = { auto: "auto", light: "sun", dark: "moon" };
const theme = kept<Theme>("theme", "auto", (value): value is Theme => THEMES.includes(value as Theme));
const zone = kept<string>("zone", ownZone(), (value): value is string => isText(value) && isZone(value));
let chosenZone = zone.read();

export const currentZone = (): string => chosenZone;

/** A zone that a link asks for holds for this visit. */
export function visitZone(name: string | undefined): void {
  if (name && isZone(name)) chosenZone = name;
}

const redrawn = new EventTarget();
export const onRedraw = (act: () => void): void => {
  redrawn.addEventListener("redraw", act);
};
const redraw = (): void => {
  redrawn.dispatchEvent(new Event("redraw"));
};

export function applyTheme(): void {
  const chosen = theme.read();
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

export function themeButton(): HTMLElement {
  const place = el("span", { class: "theme" });
  const show = (): void => {
    const chosen = theme.read();
    place.replaceChildren(
      button(
        `Colours: ${chosen}`,
        () => {
          theme.write(THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length]);
          applyTheme();
          show();
          place.querySelector("button")?.focus();
          redraw();
        },
        { icon: ICONS[chosen], quiet: true, class: "plain" },
      ),
    );
  };
  show();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  return place;
}

export function zonePicker(changed: () => void): HTMLElement {
  const all = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  const names = [...new Set(["UTC", ownZone(), chosenZone, ...all])];
  const select = el(
    "select",
    {
      class: "zone",
      "aria-label": "Time zone",
      title: "Time zone",
      onchange: () => {
        chosenZone = select.value;
        zone.write(chosenZone);
        changed();
      },
    },
    ...names.map((name) => el("option", { value: name }, name)),
  );
  select.value = chosenZone;
  return select;
}
