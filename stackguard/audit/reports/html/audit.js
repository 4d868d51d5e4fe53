"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const form = document.getElementById("filters");
const list = document.getElementById("found");
const count = document.getElementById("count");
const more = document.getElementById("more");
const SELECTS = ["owner", "policy", "severity", "stack"];
const SEVERITIES = ["critical", "high", "medium", "low"];
const PAGE = 50;
let matching = [];
let shown = 0;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function paragraph(...parts) {
  const made = element("p");
  made.append(...parts.filter(Boolean));
  return made;
}

function prose(text) {
  return text.split("`").map((part, index) => (index % 2 ? element("code", part) : part));
}

function row(finding) {
  const made = element("li");
  const owner = finding.owner || "no owner";
  const flags = [finding.isNew ? "new" : "", finding.reopened ? "reopened" : ""].filter(Boolean);
  made.append(
    paragraph(
      element("span", finding.severity, `badge ${SEVERITIES.includes(finding.severity) ? finding.severity : ""}`),
      " ", element("span", finding.policy, "id"), " ", data.titles[finding.policy] || "",
      flags.length ? ` (${flags.join(", ")})` : "",
    ),
    paragraph(element("strong", finding.name), ` in ${finding.stack}, `, element("strong", owner),
      `, open since ${finding.since} (${finding.days} ${finding.days === 1 ? "day" : "days"})`),
    paragraph(...prose(finding.message)),
  );
  if (data.fixes[finding.policy]) made.append(paragraph(element("strong", "Fix: "), ...prose(data.fixes[finding.policy])));
  const facts = [finding.type, finding.path, finding.place, finding.account, finding.region].filter(Boolean);
  const at = element("p", facts.join("  ·  "), "at");
  made.append(at);
  return made;
}

function show() {
  const next = matching.slice(shown, shown + PAGE);
  list.append(...next.map(row));
  shown += next.length;
  const left = matching.length - shown;
  more.hidden = left === 0;
  more.textContent = `Show ${Math.min(PAGE, left).toLocaleString("en")} more of ${left.toLocaleString("en")}`;
}

function filter() {
  const words = form.search.value.toLowerCase().split(/\s+/).filter(Boolean);
  matching = data.findings.filter((finding) =>
    SELECTS.every((name) => !form[name].value || form[name].value === `=${finding[name]}`) &&
    words.every((word) => finding.text.includes(word)));
  list.replaceChildren();
  shown = 0;
  show();
  const total = Number(count.dataset.total);
  const rest = total > data.findings.length ? `; the page has ${data.findings.length.toLocaleString("en")} of ${total.toLocaleString("en")} open violations` : "";
  count.textContent = `${matching.length.toLocaleString("en")} match${matching.length === 1 ? "es" : ""}${rest}.`;
}

for (const finding of data.findings) {
  finding.text = Object.values(finding).join(" ").toLowerCase();
}
for (const name of SELECTS) {
  const values = [...new Set(data.findings.map((finding) => finding[name]))];
  values.sort(name === "severity" ? (a, b) => SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b) : undefined);
  for (const value of values) {
    const option = element("option", value || "no owner");
    option.value = `=${value}`;
    form[name].append(option);
  }
}

form.hidden = data.findings.length === 0;
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(filter));
more.addEventListener("click", () => {
  const first = shown;
  show();
  list.children[first].tabIndex = -1;
  list.children[first].focus();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-filter]");
  if (!link) return;
  form.reset();
  form[link.dataset.filter].value = `=${link.dataset.value}`;
  if (form[link.dataset.filter].selectedIndex < 0) form[link.dataset.filter].selectedIndex = 0;
  filter();
});
filter();

const root = document.documentElement;
const theme = document.getElementById("theme");
const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
const label = () => { theme.textContent = isDark() ? "Light theme" : "Dark theme"; };
theme.hidden = false;
theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; label(); });
dark.addEventListener("change", label);
label();
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
