// What does the page say when the server does not answer, or the session has ended?

const notice = document.getElementById("notice");

function tell(sentence) {
  const message = document.createElement("p");
  message.className = "message error";
  message.textContent = sentence;
  notice.replaceChildren(message);
}

document.body.addEventListener("htmx:sendError", () => tell(notice.dataset.offline));
document.body.addEventListener("htmx:responseError", () => tell(notice.dataset.failed));
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const address = event.detail.xhr.responseURL;
  if (!address || new URL(address).pathname !== document.body.dataset.login) return;
  event.detail.shouldSwap = false;
  window.location.assign(address);
});
