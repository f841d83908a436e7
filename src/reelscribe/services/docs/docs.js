// Shows /openapi.json as a page, and lets every operation be tried. Text is always set as text, never as HTML.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"];

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// Text with what stands between backticks as code: all of Markdown that the descriptions use.
function prose(text) {
  return text.trim().split("`").map((piece, index) => (index % 2 ? make("code", {}, piece) : piece));
}

function resolve(api, schema) {
  if (!schema || !schema.$ref) return schema || {};
  const path = schema.$ref.replace("#/", "").split("/");
  return path.reduce((node, key) => (node || {})[key], api) || {};
}

function typeOf(api, raw) {
  if (raw && raw.$ref && !resolve(api, raw).enum) return raw.$ref.split("/").pop();
  const schema = resolve(api, raw);
  const choices = schema.anyOf || schema.oneOf;
  if (choices) return choices.map((choice) => typeOf(api, choice)).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === "array") return typeOf(api, schema.items) + "[]";
  return schema.format ? schema.type + " (" + schema.format + ")" : schema.type || "any";
}

// Its bounds and what stands for it when it is left out.
function boundsOf(schema) {
  const said = [];
  if (schema.minimum !== undefined) said.push("from " + schema.minimum);
  if (schema.maximum !== undefined) said.push("up to " + schema.maximum);
  if (schema.default !== undefined && schema.default !== null && schema.default !== "") said.push("default " + JSON.stringify(schema.default));
  return said.map((piece) => ", " + piece).join("");
}

// An example: what the schema gives, else something of its type.
function sample(api, raw, depth = 0) {
  const schema = resolve(api, raw);
  if (schema.example !== undefined) return schema.example;
  if (schema.examples && schema.examples.length) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  const choice = schema.anyOf || schema.oneOf || schema.allOf;
  if (choice) return sample(api, choice[0], depth);
  if (depth > 6) return null;
  if (schema.type === "array") return [sample(api, schema.items, depth + 1)];
  if (schema.type === "object" || schema.properties) {
    const fields = Object.entries(schema.properties || {});
    return Object.fromEntries(fields.map(([name, field]) => [name, sample(api, field, depth + 1)]));
  }
  if (schema.format === "date-time") return "2026-01-31T12:00:00Z";
  return { string: "text", integer: 1, number: 1.5, boolean: true }[schema.type] ?? null;
}

function parameterTable(api, parameters) {
  if (!parameters.length) return null;
  const rows = parameters.map((parameter) => {
    const input = make("input", { "data-in": parameter.in, "data-name": parameter.name });
    const schema = parameter.schema || {};
    const type = typeOf(api, schema) + boundsOf(schema) + (parameter.required ? ", required" : "");
    const about = parameter.description || schema.description || "";
    return make("tr", {}, make("td", {}, make("code", {}, parameter.name), " in " + parameter.in),
      make("td", {}, type, make("br"), ...prose(about)), make("td", {}, input));
  });
  return make("table", {}, make("tbody", {}, ...rows));
}

function fieldTable(api, schema) {
  const fields = Object.entries(resolve(api, schema).properties || {});
  if (!fields.length) return null;
  const required = new Set(resolve(api, schema).required || []);
  const rows = fields.map(([name, field]) => make("tr", {}, make("td", {}, make("code", {}, name)),
    make("td", {}, typeOf(api, field) + boundsOf(field) + (required.has(name) ? ", required" : "")),
    make("td", {}, ...prose(field.description || resolve(api, field).description || ""))));
  return make("table", {}, make("tbody", {}, ...rows));
}

function bodyPart(api, operation) {
  const content = (operation.requestBody || {}).content || {};
  return Object.entries(content).map(([type, media]) => {
    const part = make("div", {}, make("h3", {}, "Body, " + type), fieldTable(api, media.schema));
    if (type.includes("json")) {
      const area = make("textarea", { "data-body": type, spellcheck: "false" });
      area.value = JSON.stringify(sample(api, media.schema), null, 2);
      part.append(area);
    } else if (type.startsWith("multipart/")) {
      part.append(make("input", { type: "file", "data-file": "file" }));
    }
    return part;
  });
}

function responsePart(api, operation) {
  return Object.entries(operation.responses || {}).map(([status, response]) => {
    const [type, media] = Object.entries(response.content || {})[0] || [];
    const told = prose(response.description || "");
    const about = make("p", {}, make("code", {}, status), " ", ...told, type ? ", " + type : "");
    if (!media || !media.schema || Number(status) >= 400) return about;
    return make("div", {}, about, make("pre", {}, JSON.stringify(sample(api, media.schema), null, 2)));
  });
}

function request(method, path, form) {
  const query = new URLSearchParams();
  const headers = new Headers();
  let address = path;
  for (const input of form.querySelectorAll("input[data-in]")) {
    if (input.value === "") continue;
    const { in: place, name } = input.dataset;
    if (place === "path") address = address.replace("{" + name + "}", encodeURIComponent(input.value));
    if (place === "query") query.append(name, input.value);
    if (place === "header") headers.set(name, input.value);
  }
  const token = document.getElementById("token").value;
  if (token) headers.set("Authorization", "Bearer " + token);
  const options = { method: method.toUpperCase(), headers };
  const file = form.querySelector("input[type=file]");
  const text = form.querySelector("textarea[data-body]");
  if (file && file.files.length) {
    options.body = new FormData();
    options.body.append("file", file.files[0]);
  } else if (text && text.value.trim()) {
    headers.set("Content-Type", text.dataset.body);
    options.body = text.value;
  }
  const search = query.toString();
  return [search ? address + "?" + search : address, options];
}

async function tryIt(method, path, form, output) {
  output.textContent = "…";
  try {
    const response = await fetch(...request(method, path, form));
    const text = await response.text();
    const isJson = (response.headers.get("content-type") || "").includes("json");
    const shown = isJson && text ? JSON.stringify(JSON.parse(text), null, 2) : text.slice(0, 20000);
    output.textContent = response.status + " " + response.statusText + "\n\n" + shown;
  } catch (error) {
    output.textContent = String(error);
  }
}

// An empty choice among the ways to sign in: visitors are answered too, with what is public.
function need(operation) {
  const ways = operation.security || [];
  if (!ways.length) return "";
  return ways.some((way) => !Object.keys(way).length) ? "more with a token" : "needs a token";
}

function operationPart(api, path, method, operation, shared) {
  const output = make("pre", { hidden: "" });
  const form = make("div");
  const button = make("button", { type: "button" }, "Send");
  button.addEventListener("click", () => {
    output.hidden = false;
    tryIt(method, path, form, output);
  });
  form.append(...[parameterTable(api, [...shared, ...(operation.parameters || [])]), ...bodyPart(api, operation)]
    .filter(Boolean), button, output);
  const lock = make("span", { class: "lock" }, need(operation));
  const head = make("summary", {}, make("code", {}, make("b", { class: "method" }, method), path),
    make("span", {}, operation.summary || ""), lock);
  return make("details", { id: operation.operationId || method + path }, head,
    make("p", {}, ...prose(operation.description || "")), form,
    make("h3", {}, "Answers"), ...responsePart(api, operation));
}

function show(api) {
  document.title = api.info.title + " API";
  document.getElementById("title").textContent = api.info.title + " API " + api.info.version;
  document.getElementById("description").replaceChildren(...prose(api.info.description || ""));
  const sections = new Map((api.tags || []).map((tag) => [tag.name, [make("p", {}, ...prose(tag.description || ""))]]));
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const tag = (item[method].tags || ["other"])[0];
      if (!sections.has(tag)) sections.set(tag, []);
      sections.get(tag).push(operationPart(api, path, method, item[method], item.parameters || []));
    }
  }
  const main = document.getElementById("operations");
  main.replaceChildren();
  for (const [tag, parts] of sections) {
    if (parts.some((part) => part.tagName === "DETAILS")) main.append(make("section", {}, make("h2", {}, tag), ...parts));
  }
  const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (wanted) wanted.open = true;
}

fetch("/openapi.json").then((response) => response.json()).then(show).catch((error) => {
  document.getElementById("operations").textContent = "The description could not be read: " + error;
});
