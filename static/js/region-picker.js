// How does a name become a region's code? htmx brings the list; this puts the chosen code into the field.

for (const picker of document.querySelectorAll("[data-region-picker]")) attach(picker);

function attach(picker) {
  const field = picker.querySelector("input");
  const list = picker.querySelector(".options");
  const chosen = picker.querySelector("[data-chosen]");

  field.addEventListener("htmx:configRequest", (event) => {
    event.detail.parameters = { [field.dataset.query]: field.value };
  });
  field.addEventListener("input", () => (chosen.textContent = ""));
  list.addEventListener("click", (event) => choose(event.target.closest("[data-code]")));
  picker.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return close();
    if (event.key === "Enter" && event.target === field) return takeFirst(event);
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  });

  function choose(option) {
    if (!option) return;
    field.value = option.dataset.code;
    close();
    chosen.textContent = option.dataset.label;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // While names are offered, Enter takes the first instead of sending the form.
  function takeFirst(event) {
    const first = list.querySelector("[data-code]");
    if (!first) return;
    event.preventDefault();
    choose(first);
  }

  function move(by) {
    const options = [...list.querySelectorAll("[data-code]")];
    const next = options[options.indexOf(document.activeElement) + by];
    (next ?? field).focus();
  }

  function close() {
    list.replaceChildren();
    field.focus();
  }
}
