// Shows /openapi.json, and sends requests. Text only ever becomes text nodes.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
const SHOWN_CHARACTERS = 200000;
let api;

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

// One line (or links) for a JSON Schema.
function shape(schema) {
  if (!schema || !Object.keys(schema).length) return ["anything"];
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return [el("a", { href: `#form-${name}`, onclick: () => open(name) }, name)];
  }
  const either = schema.anyOf || schema.oneOf;
  if (either) return either.flatMap((each, place) => (place ? [" or ", ...shape(each)] : shape(each)));
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(", ")];
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  const types = [schema.type || "anything"].flat();
  const found = types.flatMap((type, place) => {
    const inner =
      type === "array" && schema.items ? ["array of ", ...shape(schema.items)]
      : type === "object" && typeof schema.additionalProperties === "object"
        ? ["object of ", ...shape(schema.additionalProperties)]
      : [type];
    return place ? [" or ", ...inner] : inner;
  });
  return [...found, ...bounds(schema)];
}

function bounds(schema) {
  const told = [];
  const range = (least, most, unit) => {
    if (least !== undefined && most !== undefined) told.push(`${least} to ${most}${unit}`);
    else if (most !== undefined) told.push(`at most ${most}${unit}`);
    else if (least !== undefined) told.push(`at least ${least}${unit}`);
  };
  range(schema.minimum, schema.maximum, "");
  range(schema.minLength, schema.maxLength, " characters");
  range(schema.minItems, schema.maxItems, " items");
  if (schema.format) told.push(schema.format);
  if (schema.pattern) told.push(schema.pattern);
  if (schema.default !== undefined && schema.default !== null) told.push(`default ${JSON.stringify(schema.default)}`);
  return told.length ? [el("span", { class: "faint" }, `; ${told.join("; ")}`)] : [];
}

function open(name) {
  const found = document.getElementById(`form-${name}`);
  if (found) found.open = true;
}

function table(rows) {
  return el("table", {}, rows.map((cells) => el("tr", {}, cells.map((cell) => el("td", {}, cell)))));
}

function contents(content) {
  return Object.entries(content || {}).map(([media, { schema }]) =>
    el("p", {}, el("code", {}, media), " ", schema ? shape(schema) : "bytes"));
}

function operationView(path, method, told) {
  const parameters = told.parameters || [];
  const inputs = parameters.map((parameter) => {
    const example = parameter.schema && parameter.schema.examples ? parameter.schema.examples[0] : "";
    return el("input", { "aria-label": parameter.name, placeholder: parameter.required ? "needed" : "", value: example });
  });
  const bodies = told.requestBody ? Object.entries(told.requestBody.content) : [];
  const body = bodies.length ? el("textarea", { rows: 8, "aria-label": "body", spellcheck: "false" }) : null;
  if (body && bodies[0][1].example) body.value = JSON.stringify(bodies[0][1].example, null, 2);
  const answer = el("div", { "aria-live": "polite" });
  const stop = new Set();
  const send = async () => {
    stop.forEach((each) => each.abort());
    stop.clear();
    const control = new AbortController();
    stop.add(control);
    await request(path, method, parameters, inputs, body, bodies, answer, control.signal);
  };
  const rows = parameters.map((parameter, place) => [
    el("code", {}, parameter.name),
    parameter.in,
    el("span", {}, parameter.schema ? shape(parameter.schema) : contents(parameter.content)),
    parameter.description || "",
    inputs[place],
  ]);
  const view = el("details", { id: told.operationId },
    el("summary", {},
      el("span", { class: `method ${method.toUpperCase()}` }, method.toUpperCase()),
      el("span", { class: "path" }, path),
      el("span", { class: "faint" }, told.summary)),
    el("div", {},
      told.description ? el("p", {}, told.description) : null,
      rows.length ? [el("h3", {}, "Parameters"), table(rows)] : null,
      body ? [el("h3", {}, "Body"), contents(told.requestBody.content), body] : null,
      el("p", {},
        el("button", { type: "button", onclick: send }, "Send"), " ",
        el("button", { type: "button", onclick: () => stop.forEach((each) => each.abort()) }, "Stop")),
      answer,
      el("h3", {}, "Answers"),
      table(Object.entries(told.responses).map(([status, given]) => {
        const response = given.$ref ? api.components.responses[given.$ref.split("/").pop()] : given;
        return [status, response.description, el("span", {}, contents(response.content))];
      }))));
  view.dataset.text = `${method} ${path} ${told.summary} ${told.description || ""}`.toLowerCase();
  return view;
}

async function request(path, method, parameters, inputs, body, bodies, answer, signal) {
  const headers = {};
  const query = new URLSearchParams();
  let url = path;
  parameters.forEach((parameter, place) => {
    const value = inputs[place].value;
    if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value === "") return;
    else if (parameter.in === "query") query.append(parameter.name, value);
    else headers[parameter.name] = value;
  });
  if (query.size) url += `?${query}`;
  const key = document.getElementById("key").value;
  if (key) headers.Authorization = `Bearer ${key}`;
  if (body) headers["Content-Type"] = bodies[0][0];
  const status = el("p", {}, "...");
  const text = el("pre", { tabindex: "0" });
  answer.replaceChildren(el("p", {}, el("code", {}, `${method.toUpperCase()} ${url}`)), status, text);
  try {
    const response = await fetch(url, { method: method.toUpperCase(), headers, body: body ? body.value : undefined, signal });
    const type = response.headers.get("content-type") || "";
    status.textContent = `${response.status} ${response.statusText} ${type} ${response.headers.get("server-timing") || ""}`;
    const decoder = new TextDecoder();
    let whole = "";
    const reader = response.body && response.body.getReader();
    for (let part; reader && !(part = await reader.read()).done;) {
      whole = (whole + decoder.decode(part.value, { stream: true })).slice(0, SHOWN_CHARACTERS);
      text.textContent = whole;
    }
    if (type.includes("json") && !type.includes("ndjson")) text.textContent = JSON.stringify(JSON.parse(whole), null, 2);
  } catch (error) {
    if (error.name !== "AbortError" && !text.textContent) text.textContent = String(error);
  }
}

function formView(name, schema) {
  const needed = new Set(schema.required || []);
  const rows = Object.entries(schema.properties || {}).map(([field, inner]) =>
    [el("code", {}, field), needed.has(field) ? "needed" : "", el("span", {}, shape(inner)), inner.description || ""]);
  return el("details", { id: `form-${name}` },
    el("summary", {}, el("span", { class: "path" }, name)),
    el("div", {}, schema.description ? el("p", {}, schema.description) : null,
      rows.length ? table(rows) : el("p", {}, shape(schema))));
}

function render() {
  const parts = [el("p", { class: "faint" }, `Version ${api.info.version}. ${api.info.description}`)];
  for (const tag of api.tags) {
    const views = [];
    for (const [path, item] of Object.entries(api.paths))
      for (const method of METHODS)
        if (item[method] && item[method].tags.includes(tag.name)) views.push(operationView(path, method, item[method]));
    parts.push(el("section", {}, el("h2", {}, tag.name), el("p", { class: "faint" }, tag.description), views));
  }
  parts.push(el("section", {}, el("h2", {}, "Forms"),
    Object.entries(api.components.schemas).sort().map(([name, schema]) => formView(name, schema))));
  document.getElementById("document").replaceChildren(...parts);
}

function search() {
  const wanted = document.getElementById("search").value.trim().toLowerCase();
  for (const section of document.querySelectorAll("section")) {
    let any = false;
    for (const view of section.querySelectorAll("details")) {
      const text = view.dataset.text || view.id.toLowerCase();
      view.hidden = !text.includes(wanted);
      any = any || !view.hidden;
    }
    section.hidden = !any;
  }
}

async function start() {
  try {
    const response = await fetch("/openapi.json");
    if (!response.ok) throw new Error(`/openapi.json answered ${response.status}.`);
    api = await response.json();
    render();
    document.getElementById("search").addEventListener("input", search);
    if (location.hash) {
      const found = document.getElementById(location.hash.slice(1));
      if (found) { found.open = true; found.scrollIntoView(); }
    }
  } catch (error) {
    document.getElementById("document").replaceChildren(el("p", {}, String(error)));
  }
}

start();
