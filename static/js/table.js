// How many rows are selected, may their button be pressed, and where is the focus after a filter?
//
// A button says by data-selected which form's checkboxes it acts on; [data-count] inside it shows how many.

function count() {
  for (const button of document.querySelectorAll("[data-selected]")) {
    const selected = document.querySelectorAll(`#${button.dataset.selected} tbody input[type=checkbox]:checked`).length;
    button.disabled = selected === 0;
    for (const place of button.querySelectorAll("[data-count]")) place.textContent = selected || "";
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-all]")) {
    const boxes = event.target.closest("table").querySelectorAll("tbody input[type=checkbox]:enabled");
    for (const box of boxes) box.checked = event.target.checked;
  }
  count();
});
document.body.addEventListener("htmx:afterSettle", (event) => {
  count();
  const word = event.detail.requestConfig?.elt.closest("details.filter")?.querySelector("summary");
  if (word) document.getElementById(word.id)?.focus();
});
count();
