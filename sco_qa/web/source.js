// Copies citations, and shows the system's light. The page is complete without it.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const light = () => document.documentElement.classList.toggle("dark", dark.matches);
if (window.top === window) { // beside a conversation, that page says which light it is
  light();
  dark.addEventListener("change", light);
} else {
  try {
    document.documentElement.classList.toggle("dark", window.parent.document.body.classList.contains("dark"));
  } catch {
    light();
  }
}

document.addEventListener("click", async event => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const shown = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(shown.textContent);
  } catch { // only pages from this machine or over TLS may use the clipboard directly
    window.getSelection().selectAllChildren(shown);
    document.execCommand("copy");
  }
  button.textContent = "Copied";
  document.getElementById("copied").textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
});
