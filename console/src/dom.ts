// Elements. Text is only ever set as text: nothing that somebody stored or typed becomes markup.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, unknown>;

const SVG = "http://www.w3.org/2000/svg";

/** An element: attributes by name, `on…` as listeners, `class`, and children. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
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
  element.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return element;
}

const ICONS: Record<string, string> = {
  live: "M3 8h2l2-5 3 10 2-5h2",
  pin: "M8 14V9.5M4.5 9.5h7L10 6.5V2.5H6v4z",
  table: "M2 3h12v10H2zM2 6.5h12M6.5 6.5V13",
  image: "M2 3h12v10H2zM2.5 11.5l3.5-4 2.5 3 2-2 3 3",
  link: "M6.5 9.5l3-3M7 4.5l1.5-1.5a2.5 2.5 0 0 1 4 4L11 8.500M9 11.500l-1.500 1.500a2.500 2.500 0 0 1-4-4L5 7.500",
  how: "M8 1.8a6.200 6.200 0 1 0 0 12.400a6.200 6.200 0 1 0 0-12.400M8 7.200v4M8 4.800v.4",
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  down: "M4.500 6.500L8 10l3.500-3.500",
  ask: "M3 8h10M9 4l4 4-4 4",
  sun: "M8 5.200a2.800 2.800 0 1 0 0 5.600a2.800 2.800 0 1 0 0-5.600M8 1.500v1M8 13.500v1M1.500 8h1M13.500 8h1M3.400 3.400l.7.7M11.900 11.900l.7.7M12.600 3.400l-.7.7M4.100 11.900l-.7.7",
  moon: "M13 9.500A5.500 5.500 0 1 1 6.500 3a4.500 4.500 0 0 0 6.500 6.500z",
  auto: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M8 2v12M8 5l4 0M8 8h6M8 11h4",
  wall: "M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10",
  key: "M10.500 2.500a3 3 0 1 0 0 6a3 3 0 1 0 0-6M8.300 7.700L3 13M4.500 11.500l1.500 1.500",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
};

export function icon(name: string): SVGElement {
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}

export function button(label: string, act: (event: MouseEvent) => void, options: Attributes & { icon?: string; quiet?: boolean } = {}): HTMLButtonElement {
  const { icon: drawn, quiet, ...attributes } = options;
  const text = quiet ? null : el("span", {}, label);
  return el("button", { type: "button", onclick: act, ...(quiet ? { "aria-label": label, title: label } : {}), ...attributes },
    drawn ? icon(drawn) : null, text);
}

/** Says something to screen readers, and to nobody else. */
export function announce(text: string): void {
  const place = document.getElementById("announcer");
  if (place) place.textContent = text;
}

/** Copies, and says so on the button that was pressed. */
export function copier(label: string, text: () => string | Promise<string>): HTMLButtonElement {
  const made = button(label, async () => {
    const words = made.querySelector("span")!;
    try {
      await navigator.clipboard.writeText(await text());
      words.textContent = "Copied";
    } catch {
      words.textContent = "Not copied: the browser does not allow it";
    }
    setTimeout(() => { words.textContent = label; }, 1600);
  }, { icon: "copy", class: "small" });
  return made;
}

export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
