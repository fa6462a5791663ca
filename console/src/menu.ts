// A menu that drops from a button: items to choose, perhaps searched, perhaps with a form of its own below.

import { el } from "./dom";

export interface Item {
  label: string;
  act: () => void;
  checked?: boolean;
  danger?: boolean;
}
export interface Menu {
  title: string;
  items: Item[];
  search?: boolean;
  extra?: HTMLElement;
}

const MOST = 100; // shown at a time: the search finds the rest
let open: (() => void) | null = null;

/** Opens below `anchor`; what is chosen closes it, and so do Escape and a click elsewhere. */
export function dropMenu(anchor: HTMLElement, load: () => Promise<Menu> | Menu): void {
  const wasMine = anchor.getAttribute("aria-expanded") === "true";
  open?.();
  if (wasMine) return;
  const box = el(
    "div",
    { class: "menu", role: "dialog", "aria-label": "Change this part" },
    el("p", { class: "muted" }, "…"),
  );
  const close = (): void => {
    box.remove();
    anchor.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    open = null;
  };
  const outside = (event: Event): void => {
    if (!box.contains(event.target as Node) && !anchor.contains(event.target as Node)) close();
  };
  box.addEventListener("keydown", (event) => {
    const items = [...box.querySelectorAll<HTMLElement>("input, button, select")].filter((each) => !each.hidden);
    const place = items.indexOf(document.activeElement as HTMLElement);
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
      anchor.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if ((document.activeElement as HTMLInputElement).type === "datetime-local") return;
      event.preventDefault();
      items[(place + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length]?.focus();
    }
  });
  document.addEventListener("pointerdown", outside, true);
  open = close;
  anchor.setAttribute("aria-expanded", "true");
  anchor.after(box);
  void Promise.resolve(load()).then(
    (menu) => {
      show(box, menu, close);
      place(box);
    },
    (error: Error) => {
      box.replaceChildren(el("p", { class: "wrong", role: "alert" }, error.message));
    },
  );
}

function show(box: HTMLElement, menu: Menu, close: () => void): void {
  const list = el("div", { class: "items" });
  const fill = (wanted: string): void => {
    const found = menu.items.filter((item) => item.label.toLowerCase().includes(wanted.toLowerCase()));
    list.replaceChildren(
      ...found.slice(0, MOST).map((item) =>
        el(
          "button",
          {
            type: "button",
            class: `item${item.checked ? " checked" : ""}${item.danger ? " danger" : ""}`,
            "aria-current": item.checked ? "true" : null,
            dir: "auto",
            onclick: () => {
              close();
              item.act();
            },
          },
          item.label,
        ),
      ),
    );
    if (!found.length) list.append(el("p", { class: "muted" }, "Nothing by that name."));
    if (found.length > MOST) list.append(el("p", { class: "muted" }, `${found.length - MOST} more: type to find them`));
  };
  fill("");
  const search =
    menu.search && menu.items.length > 8
      ? el("input", {
          type: "search",
          placeholder: "Find …",
          "aria-label": `Find in ${menu.title}`,
          oninput: (event: Event) => {
            fill((event.target as HTMLInputElement).value);
          },
        })
      : null;
  box.replaceChildren(
    el("p", { class: "title" }, menu.title),
    ...(search ? [search] : []),
    list,
    ...(menu.extra ? [menu.extra] : []),
  );
  (search ?? list.querySelector<HTMLElement>(".checked") ?? list.querySelector<HTMLElement>("button"))?.focus({
    preventScroll: true,
  });
}

/** Keeps it inside the window. */
function place(box: HTMLElement): void {
  const over = box.getBoundingClientRect().right - (document.documentElement.clientWidth - 12);
  if (over > 0) box.style.marginLeft = `${-over}px`;
}
