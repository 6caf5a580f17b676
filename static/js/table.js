// How many rows are selected, and may their button be pressed?
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
document.body.addEventListener("htmx:afterSettle", count);
count();
