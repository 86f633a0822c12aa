"use strict";
/* Asks once a second for the part of the board that changes, and puts in what has changed. */
(() => {
  const EVERY_MS = 1000, OLD_AFTER = 3;
  const board = document.getElementById("board");
  const stale = document.getElementById("board-stale");
  let failed = 0;

  function put(html) {
    const fresh = new DOMParser().parseFromString("<div>" + html + "</div>", "text/html").body.firstChild;
    const now = [...fresh.querySelectorAll("[data-part]")];
    const then = [...board.querySelectorAll("[data-part]")];
    if (now.map((part) => part.id).join() !== then.map((part) => part.id).join()) {
      board.replaceChildren(...fresh.childNodes);
      return;
    }
    now.forEach((part, n) => {
      // What the keyboard is on stays where it is until the keyboard has left.
      if (part.outerHTML !== then[n].outerHTML && !then[n].contains(document.activeElement)) {
        then[n].replaceWith(part);
      }
    });
  }

  async function ask() {
    if (!document.hidden) {
      try {
        const answer = await fetch(board.dataset.address, { cache: "no-store" });
        if (answer.status === 401) return location.assign(board.dataset.signIn);
        if (!answer.ok) throw new Error(answer.status);
        put(await answer.text());
        failed = 0;
      } catch {
        failed += 1;
      }
      stale.hidden = failed < OLD_AFTER;
    }
    setTimeout(ask, EVERY_MS);
  }

  setTimeout(ask, EVERY_MS);
})();
