// Elements. Text is only ever set as text: nothing that somebody stored or typed becomes markup.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, unknown>;

const SVG = "http://www.w3.org/2000/svg";

/** An element: attributes by name, `on…` as listeners, `class`, and children. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  return fill(document.createElementNS(SVG, tag) as SVGElement, attributes, children);
}

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(
    ...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false),
  );
  return element;
}

const ICONS: Record<string, string> = {
  live: "M3 8h2l2-5 3 10 2-5h2",
  pin: "M8 14V9.5M4.5 9.5h7L10 6.5V2.5H6v4z",
  table: "M2 3h12v10H2zM2 6.5h12M6.5 6.5V13",
  image: "M2 3h12v10H2zM2.5 11.5l3.5-4 2.5 3 2-2 3 3",
  link: "M6.5 9.5l3-3M7 4.5l1.5-1.5a2.5 2.5 0 0 1 4 4L11 8.5M9 11.5l-1.5 1.5a2.5 2.5 0 0 1-4-4L5 7.5",
  how: "M8 1.8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 1 0 0-12.4M8 7.2v4M8 4.8v.4",
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  down: "M4.5 6.5L8 10l3.5-3.5",
  ask: "M3 8h10M9 4l4 4-4 4",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7",
  moon: "M13 9.5A5.5 5.5 0 1 1 6.5 3a4.5 4.5 0 0 0 6.5 6.5z",
  auto: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M8 2v12M8 5l4 0M8 8h6M8 11h4",
  wall: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  key: "M10.5 2.5a3 3 0 1 0 0 6a3 3 0 1 0 0-6M8.3 7.7L3 13M4.5 11.5l1.5 1.5",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
};

export function icon(name: string): SVGElement {
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}

export function button(
  label: string,
  act: (event: MouseEvent) => void,
  options: Attributes & { icon?: string; quiet?: boolean } = {},
): HTMLButtonElement {
  const { icon: drawn, quiet, ...attributes } = options;
  const text = quiet ? null : el("span", {}, label);
  return el(
    "button",
    { type: "button", onclick: act, ...(quiet ? { "aria-label": label, title: label } : {}), ...attributes },
    drawn ? icon(drawn) : null,
    text,
  );
}

/** Says something to screen readers, and to nobody else. */
export function announce(text: string): void {
  const place = document.getElementById("announcer");
  if (place) place.textContent = text;
}

/** Copies, and says so on the button that was pressed. */
export function copier(label: string, text: () => string | Promise<string>): HTMLButtonElement {
  const made = button(
    label,
    async () => {
      const words = made.querySelector("span")!;
      try {
        await navigator.clipboard.writeText(await text());
        words.textContent = "Copied";
      } catch {
        words.textContent = "Not copied: the browser does not allow it";
      }
      setTimeout(() => {
        words.textContent = label;
      }, 1600);
    },
    { icon: "copy", class: "small" },
  );
  return made;
}

export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
