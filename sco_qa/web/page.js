// Opens a source beside the conversation, and keeps the newest answer in view. The page works without it: a chip is a
// link that opens the source in another tab.
(() => {
  const pane = () => document.querySelector(".pane");
  const frame = () => document.querySelector('iframe[name="sco-source"]');
  let opener = null;
  const placeOf = url => {
    const query = new URLSearchParams(url.search);
    return `${url.pathname} ${query.get("start")} ${query.get("end")}`;
  };

  const close = () => {
    document.body.classList.remove("reading");
    document.querySelectorAll(".chip.open").forEach(chip => chip.classList.remove("open"));
    if (opener && opener.isConnected) opener.focus();
  };

  document.addEventListener("click", event => {
    const chip = event.target.closest("a.chip");
    if (chip && pane() && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      document.querySelectorAll(".chip.open").forEach(other => other.classList.remove("open"));
      chip.classList.add("open");
      opener = chip;
      document.body.classList.add("reading"); // before the frame loads: a hidden one cannot scroll to the place
      frame().addEventListener("load", () => frame().contentWindow.focus(), { once: true });
    }
    if (event.target.closest('[data-pane="close"]')) close();
  });

  document.addEventListener("keydown", event => {
    if (event.key === "Escape" && document.body.classList.contains("reading")) close();
  });

  // The source follows the page's light, which may be another than the system's, and hands Escape back.
  document.addEventListener("load", event => {
    const dark = document.body.classList.contains("dark");
    if (event.target !== frame()) return;
    const inside = frame().contentDocument;
    if (!inside || !inside.documentElement) return;
    inside.documentElement.classList.toggle("dark", dark);
    const here = placeOf(inside.location);
    document.querySelectorAll("a.chip").forEach(chip => chip.classList.toggle("open", placeOf(chip) === here));
    inside.addEventListener("keydown", pressed => pressed.key === "Escape" && close());
  }, true);

  // An answered question renders the conversation anew; what was unfolded stays so.
  const unfolded = new Set();
  document.addEventListener("toggle", event => {
    const turn = event.target.closest(".turn");
    if (!turn) return;
    const place = [...document.querySelectorAll(".turn")].indexOf(turn);
    if (event.target.open) unfolded.add(place);
    else unfolded.delete(place);
  }, true);

  // A region that is emptied first is read out even if the same is said again.
  const announce = text => {
    const region = document.getElementById("announced");
    region.textContent = "";
    setTimeout(() => { region.textContent = text; }, 50);
  };

  window.scoQa = {
    save(text, name) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: name.endsWith(".md") ? "text/markdown" : "text/html" }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    },

    answered(transcript) {
      const turns = transcript.querySelectorAll(".turn");
      const last = turns[turns.length - 1];
      announce(last ? last.dataset.said : "");
      if (!last) unfolded.clear();
      turns.forEach((turn, place) => {
        const others = turn.querySelector("details.others");
        if (others && unfolded.has(place)) others.open = true;
      });
      if (last && turns.length !== Number(transcript.dataset.turns || 0)) {
        last.scrollIntoView({ block: "start", behavior: "smooth" });
      }
      transcript.dataset.turns = turns.length;
    },
  };
})();
