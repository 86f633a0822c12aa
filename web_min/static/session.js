"use strict";
/* Warns before the session ends, and lets it go on. The server counts; this only asks it. */
(() => {
  const ASK_S = 15, WARN_S = 120;
  const box = document.getElementById("ending");
  const left = document.getElementById("ending-left");
  const stay = box.querySelector("button");

  function leave() {
    const back = encodeURIComponent(location.pathname + location.search);
    location.assign(box.dataset.signIn + "?next=" + back);
  }

  function show(seconds) {
    const ending = seconds <= WARN_S;
    left.textContent = Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
    if (ending && box.hidden) {
      box.hidden = false;
      stay.focus();
    }
    box.hidden = !ending;
    setTimeout(ask, (ending ? 1 : ASK_S) * 1000);
  }

  async function ask() {
    try {
      const answer = await fetch(box.dataset.address, { cache: "no-store" });
      if (answer.status === 401) return leave();
      show((await answer.json()).left_s);
    } catch {
      setTimeout(ask, ASK_S * 1000);
    }
  }

  stay.addEventListener("click", async () => {
    const form = new URLSearchParams({ token: box.dataset.token });
    const answer = await fetch(box.dataset.address, { method: "POST", body: form });
    if (answer.ok) box.hidden = true;
    else leave();
  });

  ask();
})();

/* Where something was wrong, that is read out and seen first. */
document.querySelector("[data-focus]")?.focus();
