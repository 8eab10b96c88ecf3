"use strict";
// Everything from manifests is put in as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const PAGE = 100;
const byId = (id) => document.getElementById(id);

function make(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "class") node.className = value;
    else node.setAttribute(key, value);
  }
  for (const child of children) node.append(child);
  return node;
}

function listOf(items) {
  return make("ul", {}, ...items.map((item) => make("li", {}, item)));
}

// ---- filters

function filtered(form, items, textOf, keys) {
  const words = form.search.value.toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter((item) => keys.every((key) => !form[key].value || String(item[key]) === form[key].value) &&
    words.every((word) => textOf(item).includes(word)));
}

function lazily(target, count, items, render, noun) {
  let shown = 0;
  const more = make("button", { type: "button" });
  const next = () => {
    for (const item of items.slice(shown, shown + PAGE)) target.append(render(item));
    shown = Math.min(items.length, shown + PAGE);
    more.remove();
    if (shown < items.length) {
      more.textContent = `show ${Math.min(PAGE, items.length - shown)} more of ${items.length}`;
      target.append(more);
    }
  };
  more.addEventListener("click", next);
  target.replaceChildren();
  count.textContent = `${items.length} ${noun}`;
  next();
}

function wire(formId, listId, countId, items, textOf, keys, render, noun) {
  const form = byId(formId);
  const texts = new Map(items.map((item) => [item, textOf(item).toLowerCase()]));
  const update = () => lazily(byId(listId), byId(countId), filtered(form, items, (item) => texts.get(item), keys),
    render, noun);
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  update();
}

// ---- findings

function copyButton(text) {
  const button = make("button", { type: "button" }, "copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "copied";
    } catch {
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      button.textContent = "selected";
    }
  });
  return button;
}

function findingBody(item) {
  return make("div", { class: "body" },
    make("p", {}, `${item.requests} `, make("span", { class: "soft" }, `(${item.id}, ${item.aspect})`)),
    make("p", {}, make("strong", {}, "hosts: "), item.platform ? "all, because the data planes differ"
      : item.hosts.join(", ")),
    item.reason ? make("p", {}, make("strong", {}, "why: "), item.reason) : "",
    item.advice ? make("p", {}, make("strong", {}, "to do: "), item.advice) : "",
    item.seen ? make("p", {}, make("strong", {}, "seen: "), item.seen) : "",
    make("pre", {}, item.curl), copyButton(item.curl),
    make("div", { class: "sides" },
      make("div", {}, make("h4", {}, "before"), make("pre", {}, item.before)),
      make("div", {}, make("h4", {}, "after"), make("pre", {}, item.after))));
}

function opened(details, body) {
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(body());
  });
  return details;
}

function finding(item) {
  return opened(make("details", {}, make("summary", {}, make("span", { class: `tag ${item.severity}` },
    item.platform ? `${item.severity}, platform` : item.severity), item.title)), () => findingBody(item));
}

// ---- Ingresses

function featureTable(features) {
  const rows = features.map((feature) => make("tr", {}, make("td", {}, feature.annotation),
    make("td", { class: feature.support }, feature.support), make("td", {}, feature.text), make("td", {}, feature.place)));
  return make("div", { class: "wide" }, make("table", {},
    make("thead", {}, make("tr", {}, ...["annotation", "support", "how", "place"].map((name) =>
      make("th", { scope: "col" }, name)))), make("tbody", {}, ...rows)));
}

function ingressBody(item) {
  const needs = [["byWeight", "weights"], ["byHeader", "headers or cookies"], ["acrossNamespaces", "other namespaces"]]
    .filter(([key]) => item[key]).map(([, word]) => word);
  const part = (title, items) => items.length ? [make("p", {}, make("strong", {}, title)), listOf(items)] : [];
  return make("div", { class: "body" }, make("p", { class: "soft" }, item.place),
    ...part("why this grade", item.reasons), ...part("better as a route", item.gains),
    ...part("routes already by", needs), ...part("signs of long or large traffic", item.traffic),
    ...part("hosts", item.hosts), ...part("Services", item.services),
    item.features.length ? featureTable(item.features) : "");
}

function ingress(item) {
  return opened(make("details", {}, make("summary", {}, make("span", { class: `tag ${item.grade}` }, item.grade),
    `${item.namespace}/${item.name}`, item.modelServing ? " \u2014 model serving" : "")), () => ingressBody(item));
}

// ---- the picture: hosts, who listens, what takes them, Services

const SHOWN = 24;
const WIDTH = 250, STEP = 290;

function svg(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function picture(links, title) {
  const columns = [0, 1, 2, 3].map((at) => [...new Set(links.map((link) => link[at]))].slice(0, SHOWN));
  const height = Math.max(...columns.map((column) => column.length)) * 26 + 10;
  const drawing = svg("svg", { viewBox: `0 0 ${3 * STEP + WIDTH} ${height}`, role: "img", "aria-label": title });
  const place = columns.map((column) => new Map(column.map((text, i) => [text, i * 26 + 8])));
  const drawn = new Set();
  for (const link of links) {
    for (const at of [0, 1, 2]) {
      const from = place[at].get(link[at]), to = place[at + 1].get(link[at + 1]);
      if (from === undefined || to === undefined || drawn.has(`${at} ${from} ${to}`)) continue;
      drawn.add(`${at} ${from} ${to}`);
      const x = at * STEP + WIDTH;
      drawing.append(svg("path", { d: `M${x} ${from + 10} C${x + 20} ${from + 10} ${x + 20} ${to + 10} ${x + 40} ${to + 10}` }));
    }
  }
  columns.forEach((column, at) => column.forEach((text) => {
    const y = place[at].get(text), short = text.length > 36 ? `${text.slice(0, 35)}\u2026` : text;
    drawing.append(svg("rect", { x: at * STEP, y, width: WIDTH, height: 20, rx: 4 }),
      svg("text", { x: at * STEP + 6, y: y + 14 }, svg("title", {}, text), short));
  }));
  return drawing;
}

function draw() {
  const words = byId("picture-search").value.toLowerCase();
  const chosen = (links) => links.filter((link) => link.join(" ").toLowerCase().includes(words));
  byId("before").replaceChildren(picture(chosen(data.links.before), "hosts, controllers, Ingresses and Services today"));
  byId("after").replaceChildren(picture(chosen(data.links.after), "hosts, Gateways, routes and Services afterwards"));
}

// ---- charts

function bars() {
  for (const row of document.querySelectorAll("[data-target]")) {
    const target = data.targets[Number(row.dataset.target)];
    const bar = make("div", { class: "bar", "aria-hidden": "true" });
    for (const support of ["exact", "near", "none"]) {
      const part = make("span", { class: support });
      part.style.width = `${100 * target[support] / Math.max(1, data.summary.annotations)}%`;
      bar.append(part);
    }
    row.append(bar);
  }
}

bars();
wire("ingress-form", "ingress-list", "ingress-count", data.ingresses,
  (item) => [item.namespace, item.name, ...item.hosts, ...item.services, ...item.reasons,
    ...item.features.map((feature) => feature.annotation)].join(" "), ["grade", "namespace"], ingress, "Ingresses");
wire("finding-form", "finding-list", "finding-count", data.findings,
  (item) => [item.id, item.title, item.requests, ...item.hosts].join(" "), ["severity", "aspect"], finding, "findings");
byId("picture-search").addEventListener("input", draw);
draw();
document.documentElement.dataset.ready = String(Math.round(performance.now())); // milliseconds since it was opened

// The page tries itself: what it finds stands in the title.
function selfTest() {
  const fault = [];
  const check = (name, holds) => { if (!holds) fault.push(name); };
  const form = byId("finding-form");
  const count = () => Number(byId("finding-count").textContent.split(" ")[0]);
  const type = (element, value) => {
    element.value = value;
    element.dispatchEvent(new Event("input", { bubbles: true }));
  };
  check("all findings", count() === data.findings.length);
  type(form.search, "no such finding at all");
  check("search", count() === 0);
  type(form.search, "");
  if (data.findings.length) {
    type(form.severity, data.findings[0].severity);
    check("filter", count() === data.findings.filter((item) => item.severity === data.findings[0].severity).length);
    type(form.severity, "");
    const details = byId("finding-list").querySelector("details");
    details.open = true;
    details.dispatchEvent(new Event("toggle"));
    check("curl", details.textContent.includes(data.findings[0].curl));
  }
  const reached = [...document.querySelectorAll("a, button, input, select, summary")];
  check("keyboard", reached.every((element) => element.tabIndex >= 0));
  check("labels", [...document.querySelectorAll("input, select")].every((element) => element.labels.length > 0));
  // What is far down the lists is drawn when it is asked for, so that thousands of hosts open at once.
  check("few elements at first", document.querySelectorAll("main *").length < 6000);
  check("no markup of manifests", !document.querySelector("main script, main img, main iframe"));
  document.title = fault.length ? `selftest failed: ${fault.join(", ")}` : "selftest passed";
}
if (location.hash === "#selftest") selfTest();
