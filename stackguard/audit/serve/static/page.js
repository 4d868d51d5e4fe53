"use strict";

const theme = document.getElementById("theme");
const dark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function remembered() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // storage can be off
  }
}

function show(name) {
  if (name === "dark" || name === "light") document.documentElement.dataset.theme = name;
  theme.textContent = dark() ? "Light theme" : "Dark theme";
}

show(remembered());
theme.hidden = false;
theme.addEventListener("click", () => {
  const chosen = dark() ? "light" : "dark";
  show(chosen);
  try {
    localStorage.setItem("theme", chosen);
  } catch {
    // it lasts as long as the page
  }
});

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}

// A form leaves out what it does not narrow, so that a link has only what matters.
for (const form of document.querySelectorAll("form.filters")) {
  form.addEventListener("submit", () => {
    for (const field of form.querySelectorAll("input, select")) field.disabled = field.value === "";
    setTimeout(() => {
      for (const field of form.querySelectorAll("input, select")) field.disabled = false;
    });
  });
}

document.addEventListener("keydown", (event) => {
  const search = document.getElementById("q");
  if (event.key === "/" && search && !event.target.closest("input, textarea, select")) {
    event.preventDefault();
    search.focus();
  }
});
