"use strict";
// Makes the rows of the outcomes from the JSON in `#data`. Text becomes text nodes only, never markup.
{
  const PAGE = 100;
  const MOST_OPEN_IN_PRINT = 500;
  const RANKS = ["critical", "high", "medium", "low"];
  const STATUS = {
    blocks: "blocks", advisory: "advisory", "below-fail-on": "below --fail-on", baselined: "in the baseline", waived: "waived",
  };
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const all = data.outcomes;
  const byKey = new Map(all.map((outcome) => [outcome.key, outcome]));
  const effects = new Map(all.map((outcome) => [outcome.key, []]));
  for (const outcome of all) effects.get(outcome.cause)?.push(outcome);
  const several = data.stacks.length > 1;
  const policyOf = (outcome) => data.policies[outcome.policy];
  const resourceOf = (outcome) => data.resources[outcome.resource];
  const label = (resource) => `${resource.type} ${resource.name}`;
  const number = (value) => value.toLocaleString("en");

  function element(name, attributes, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes ?? {})) node.setAttribute(key, value);
    node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return node;
  }
  const isolated = (text) => element("bdi", null, text);
  const code = (text) => element("code", null, text);
  const space = " ";
  // What is in backticks becomes code.
  const prose = (text) => element("bdi", null, ...text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? code(part) : part)));

  // Filters -------------------------------------------------------------------------------------------------------

  const FILTERS = {
    severity: (outcome) => outcome.severity,
    policy: (outcome) => policyOf(outcome).id,
    stack: (outcome) => data.stacks[outcome.stack],
    status: (outcome) => outcome.status,
    kind: (outcome) => outcome.kind,
    owner: (outcome) => outcome.owner ?? "",
  };
  const CONTROLS = ["search", "resource", "sort", "group", ...Object.keys(FILTERS)];
  const SORTS = {
    severity: (outcome) => RANKS.indexOf(outcome.severity),
    policy: FILTERS.policy,
    resource: (outcome) => label(resourceOf(outcome)),
    stack: FILTERS.stack,
  };

  function fillSelect(name) {
    const counts = new Map();
    for (const outcome of all) {
      const value = FILTERS[name](outcome);
      if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const values = [...counts.keys()].sort(name === "severity" ? (a, b) => RANKS.indexOf(a) - RANKS.indexOf(b) : undefined);
    const options = values.map((value) =>
      element("option", { value }, `${name === "status" ? STATUS[value] : value} (${number(counts.get(value))})`));
    $(name).replaceChildren(element("option", { value: "" }, "all"), ...options);
    $(name).parentElement.hidden = values.length < (name === "owner" ? 1 : 2) && !["severity", "policy"].includes(name);
  }

  function haystack(outcome) {
    const resource = resourceOf(outcome);
    const exemption = outcome.exemption ?? {};
    return outcome.haystack ??= [
      policyOf(outcome).id, policyOf(outcome).title, outcome.severity, outcome.kind, STATUS[outcome.status], data.stacks[outcome.stack],
      resource.type, resource.name, resource.urn, resource.place, ...(resource.calls ?? []), outcome.line, outcome.path, outcome.message, outcome.fix, outcome.fingerprint,
      outcome.owner, exemption.reason, exemption.ticket, exemption.approver,
    ].join("\n").toLowerCase();
  }

  function matching() {
    const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const named = $("resource").value.trim().toLowerCase();
    const chosen = Object.entries(FILTERS).filter(([name]) => $(name).value);
    const matches = all.filter((outcome) =>
      chosen.every(([name, value]) => value(outcome) === $(name).value)
      && (!named || `${label(resourceOf(outcome))}\n${resourceOf(outcome).urn}`.toLowerCase().includes(named))
      && words.every((word) => haystack(outcome).includes(word)));
    return grouped(sorted(matches, SORTS[$("sort").value]));
  }

  function sorted(outcomes, order) {
    if (!order) return outcomes;
    const keyed = outcomes.map((outcome) => [order(outcome), outcome]);
    return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, outcome]) => outcome);
  }

  // Groups --------------------------------------------------------------------------------------------------------

  const groups = () => $("group").value !== "none";
  const statementOf = (outcome) => (outcome.path ?? "").slice(0, outcome.within ?? 0);
  const resourceKey = (outcome) => `${outcome.stack} ${outcome.resource}`;
  const statementKey = (outcome) => `${resourceKey(outcome)} ${statementOf(outcome)}`;

  // The outcomes of a resource, and in it of a statement, stand where the first of them stands.
  function grouped(outcomes) {
    if (!groups()) return outcomes;
    const by = (key, list) => [...Map.groupBy(list, key).values()];
    return by(resourceKey, outcomes).flatMap((ofResource) => by(statementKey, ofResource).flat());
  }

  // The headings of the first outcome of a resource, and of the first of several in a statement.
  function headings(before, outcome, after) {
    if (!groups()) return [];
    const resource = resourceOf(outcome);
    const nodes = [];
    if (!before || resourceKey(before) !== resourceKey(outcome)) {
      nodes.push(element("li", { class: "heading" },
        element("h3", null, isolated(label(resource))),
        several ? element("p", { class: "at" }, isolated(data.stacks[outcome.stack])) : null,
        place(resource) && element("p", { class: "at" }, place(resource))));
    }
    const same = (other) => other && statementKey(other) === statementKey(outcome);
    if (statementOf(outcome) && same(after) && !same(before)) {
      nodes.push(element("li", { class: "heading" }, element("h4", null, code(statementOf(outcome)))));
    }
    return nodes;
  }

  // Where the program constructs a resource, its component, and the calls that lead there.
  function place(resource) {
    const parts = [resource.place && `constructed at ${resource.place}`, resource.parent && `in ${resource.parent}`,
      resource.calls && `called at ${resource.calls.join(", ")}`];
    return parts.filter(Boolean).join(", ");
  }

  // Rows ----------------------------------------------------------------------------------------------------------

  function row(outcome) {
    const resource = resourceOf(outcome);
    const exempt = outcome.status !== "blocks";
    const cause = byKey.get(outcome.cause);
    const kind = outcome.kind === "violation" ? outcome.severity : outcome.kind;
    const summary = element("summary", { id: outcome.key },
      element("span", { class: `badge ${kind}` }, kind), space,
      exempt ? element("span", { class: "badge" }, STATUS[outcome.status]) : null, exempt ? space : null,
      element("span", { class: "id" }, policyOf(outcome).id), space,
      ...(groups() ? [] : [
        several ? element("span", { class: "at" }, isolated(data.stacks[outcome.stack])) : null, several ? space : null,
        isolated(label(resource)), space]),
      outcome.path ? element("code", { class: "at" }, outcome.path) : null, space,
      outcome.line ? element("code", { class: "at" }, outcome.line) : null,
      cause ? element("span", { class: "at" }, ` follows from ${policyOf(cause).id}`) : null,
      element("span", { class: "message" }, prose(outcome.message)));
    const details = element("details", null, summary);
    details.addEventListener("toggle", () => fill(details, outcome));
    return element("li", { class: `${kind}${exempt ? " exempt" : ""}` }, details);
  }

  function fill(details, outcome) {
    if (!details.open || details.children.length > 1) return;
    details.append(body(outcome));
    const mark = details.querySelector("mark, .statement");
    if (mark) mark.closest("pre").scrollTop = mark.offsetTop - mark.closest("pre").offsetTop - 60;
  }

  function body(outcome) {
    const policy = policyOf(outcome);
    const resource = resourceOf(outcome);
    const facts = element("dl", { class: "facts" });
    const fact = (term, ...parts) => {
      if (parts.some(Boolean)) facts.append(element("div", null, element("dt", null, term), element("dd", null, ...parts)));
    };
    const exemption = outcome.exemption;
    if (exemption) {
      fact(outcome.status === "waived" ? "Waived" : "Accepted", exemption.reason ? prose(exemption.reason) : STATUS[outcome.status]);
      fact(outcome.status === "waived" ? "Owner" : "Added by", exemption.owner && isolated(exemption.owner));
      fact("Expires", exemption.expires && element("time", null, exemption.expires));
      fact("Ticket", exemption.ticket && isolated(exemption.ticket));
      fact("Approved by", exemption.approver && isolated(exemption.approver));
      fact("Waiver", exemption.source && code(exemption.source));
    }
    fact("Fix", prose(outcome.fix));
    if (outcome.request) fact("Example request", request(outcome.request));
    const document_ = outcome.document === undefined ? null : excerpt(outcome);
    fact("Waits for", (outcome.waitsFor ?? []).join(", "));
    fact("Why", ...(policy.why ?? []).map((paragraph) => element("p", null, prose(paragraph))));
    const cause = byKey.get(outcome.cause);
    fact("Follows from", cause && link(cause));
    const following = effects.get(outcome.key);
    if (following.length) fact("Causes", element("ul", null, ...following.map((effect) => element("li", null, link(effect)))));
    fact("Policy", prose(policy.title));
    const references = (policy.references ?? []).map((address) => element("li", null, reference(address)));
    if (references.length) fact("References", element("ul", null, ...references));
    fact("Line", outcome.line && code(outcome.line));
    fact("Constructed at", resource.place && code(resource.place));
    const calls = (resource.calls ?? []).map((call) => element("li", null, code(call)));
    if (calls.length) fact("Called at", element("ul", null, ...calls));
    fact("Component", resource.parent && isolated(resource.parent));
    fact("Stack", isolated(data.stacks[outcome.stack]));
    fact("URN", code(resource.urn));
    fact("Fingerprint", code(outcome.fingerprint));
    return element("div", { class: "body" }, document_, facts);
  }

  function link(outcome) {
    return element("a", { href: `#${outcome.key}` }, `${policyOf(outcome).id}${outcome.path ? ` at ${outcome.path}` : ""}`);
  }

  function reference(address) {
    if (!/^https:\/\/[\w.~:/?#[\]@!$&'()*+,;=%-]+$/.test(address)) return isolated(address);
    return element("a", { href: address, rel: "noopener noreferrer" }, address);
  }

  function request(example) {
    const list = element("ul", null,
      element("li", null, "caller: ", isolated(example.principal)),
      element("li", null, "action: ", code(example.action)),
      element("li", null, "resource: ", code(example.resource)));
    for (const [key, value] of Object.entries(example.context)) {
      list.append(element("li", null, "with ", code(key), " = ", code(value)));
    }
    return list;
  }

  function excerpt(outcome) {
    const { path, lines, first, total } = data.documents[outcome.document];
    const [start, stop] = outcome.statement;
    const [markStart, markStop] = outcome.element;
    const range = (from, to) => (to - from > 1 ? `lines ${from + first} to ${to + first - 1}` : `line ${from + first}`);
    const rows = lines.map((line, index) => {
      const text = index >= markStart && index < markStop ? element("mark", null, line) : line;
      return element("span", { class: index >= start && index < stop ? "row statement" : "row", "data-line": index + first }, text, "\n");
    });
    const where = stop > start ? `${outcome.path}: ${range(markStart, markStop)}, in the statement of ${range(start, stop)}` : path;
    const part = lines.length < total ? `; shown are lines ${first} to ${first + lines.length - 1} of ${total}` : "";
    return element("figure", null, element("figcaption", null, where + part),
      element("pre", { tabindex: "0", role: "group", "aria-label": `Policy document ${path} of ${label(resourceOf(outcome))}` }, ...rows));
  }

  // The list ------------------------------------------------------------------------------------------------------

  let matches = [];
  let shown = 0;

  function show(count) {
    const next = matches.slice(shown, Math.max(shown, shown + count));
    $("rows").append(...next.flatMap((outcome, index) =>
      [...headings(matches[shown + index - 1], outcome, matches[shown + index + 1]), row(outcome)]));
    shown += next.length;
    $("more").hidden = shown >= matches.length;
    $("more").textContent = `Show ${number(Math.min(PAGE, matches.length - shown))} more of ${number(matches.length - shown)}`;
  }

  function list() {
    matches = matching();
    shown = 0;
    $("rows").replaceChildren();
    $("expand").textContent = "Expand all";
    show(PAGE);
    const blocking = matches.filter((outcome) => outcome.status === "blocks").length;
    const of = matches.length === all.length ? "" : ` of ${number(all.length)}`;
    if (all.length === 0) return;
    $("count").textContent =
      `${number(matches.length)}${of} outcome${all.length === 1 ? "" : "s"}, ${number(blocking)} of them ${blocking === 1 ? "blocks" : "block"}`;
  }

  // The address keeps the filters, so that a link to the file can have them: `#severity=high&stack=acme/shop/prod`.
  function update() {
    list();
    const state = new URLSearchParams(CONTROLS.map((name) => [name, $(name).value]).filter(([, value]) => value));
    history.replaceState(null, "", `#${state}`);
  }

  function choose(state) {
    for (const name of CONTROLS) $(name).value = state.get(name) ?? "";
    list();
  }

  function follow() {
    const key = location.hash.slice(1);
    const outcome = byKey.get(key);
    if (outcome) reveal(outcome);
    else if (key !== "outcomes") choose(new URLSearchParams(key));
    else if (!shown) list();
  }

  function reveal(outcome) {
    if (!matches.includes(outcome)) choose(new Map());
    show(matches.indexOf(outcome) - shown + 1);
    const summary = $(outcome.key);
    summary.parentElement.open = true;
    summary.focus();
    summary.scrollIntoView();
  }

  let waiting = 0;
  $("filters").addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(update, event.target.tagName === "INPUT" ? 120 : 0);
  });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("reset", () => setTimeout(update));
  $("more").addEventListener("click", () => {
    const first = shown;
    show(PAGE);
    $("rows").querySelectorAll("summary")[first].focus();
  });
  $("expand").addEventListener("click", () => {
    const open = $("expand").textContent === "Expand all";
    for (const details of $("rows").querySelectorAll("li > details")) details.open = open;
    $("expand").textContent = open ? "Collapse all" : "Expand all";
  });
  $("resource").addEventListener("focus", () => {
    const names = [...new Set(data.resources.map(label))].sort();
    $("resources").replaceChildren(...names.map((value) => element("option", { value })));
  }, { once: true });
  addEventListener("hashchange", follow);

  // A printed page has every row that matches; up to a number of rows, with its details.
  let opened = [];
  addEventListener("beforeprint", () => {
    show(matches.length);
    const closed = [...document.querySelectorAll("details:not([open])")];
    opened = matches.length > MOST_OPEN_IN_PRINT ? [] : closed;
    for (const details of opened) {
      details.open = true;
      const outcome = byKey.get(details.firstElementChild.id);
      if (outcome) fill(details, outcome);
    }
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });

  // The theme -----------------------------------------------------------------------------------------------------

  const root = document.documentElement;
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => { $("theme").textContent = dark() ? "Light theme" : "Dark theme"; };
  $("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    name();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  name();
  $("theme").hidden = false;

  Object.keys(FILTERS).forEach(fillSelect);
  $("filters").hidden = all.length === 0;
  $("scriptless").hidden = true;
  follow();
}
