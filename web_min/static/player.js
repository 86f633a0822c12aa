"use strict";
/* The player: its buttons and keys, the waveform to seek in, and the change to WAV where Opus fails. */
(() => {
  const STEP_S = 10, STAY_MS = 60000;
  const by = (id) => document.getElementById(id);
  const player = by("player"), audio = by("audio"), play = by("play"), seek = by("wave-seek");
  const seconds = Number(player.dataset.seconds);

  const text = (s) => {
    const whole = Math.floor(s), two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
    return hours ? hours + ":" + two(minutes) + ":" + two(whole % 60) : minutes + ":" + two(whole % 60);
  };

  function show() {
    const at = audio.currentTime, x = seconds ? Math.min(1000, (1000 * at) / seconds) : 0;
    by("elapsed").textContent = text(at);
    by("wave-played").setAttribute("width", x);
    by("wave-head").setAttribute("d", "M" + x + " 0v100");
    seek.value = at;
    seek.setAttribute("aria-valuetext", text(at) + " / " + text(seconds));
  }

  function showState() {
    player.classList.toggle("playing", !audio.paused);
    by("play-label").textContent = audio.paused ? play.dataset.play : play.dataset.pause;
  }

  const go = (s) => {
    audio.currentTime = Math.max(0, Math.min(seconds, s));
    show();
  };
  const toggle = () => (audio.paused ? audio.play().catch(() => {}) : audio.pause());

  /* Some browsers say that they play Ogg Opus and then do not: only trying tells. */
  function fall() {
    if (audio.dataset.wav) {
      by("player-error").hidden = false;
      return;
    }
    const at = audio.currentTime, playing = !audio.paused;
    audio.dataset.wav = "yes";
    audio.src = player.dataset.wav;
    audio.addEventListener("loadedmetadata", () => go(at), { once: true });
    if (playing) audio.play().catch(() => {});
  }

  function keys(event) {
    const on = event.target;
    if (event.ctrlKey || event.altKey || event.metaKey || on.matches("textarea, select, #volume")) return;
    if (on.matches("input") && on !== seek) return;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      go(audio.currentTime + (event.key === "ArrowLeft" ? -STEP_S : STEP_S));
    } else if (event.key === " " && !on.matches("button, a, summary")) {
      toggle();
    } else {
      return;
    }
    event.preventDefault();
  }

  async function drawShape() {
    const answer = await fetch(player.dataset.shape);
    if (!answer.ok) return;
    const svg = new DOMParser().parseFromString(await answer.text(), "image/svg+xml");
    const path = svg.querySelector("path");
    for (const id of ["wave-all", "wave-heard"]) {
      by(id).setAttribute("d", path.getAttribute("d"));
      by(id).setAttribute("stroke-width", path.getAttribute("stroke-width"));
    }
  }

  function stay() {
    if (audio.paused) return;
    const form = new URLSearchParams({ token: player.dataset.token });
    fetch(player.dataset.stay, { method: "POST", body: form }).catch(() => {});
  }

  audio.controls = false;
  for (const id of ["controls", "player-keys", "wave-seek"]) by(id).hidden = false;
  by("wave-head").setAttribute("visibility", "visible");
  play.addEventListener("click", toggle);
  by("back").addEventListener("click", () => go(audio.currentTime - STEP_S));
  by("forward").addEventListener("click", () => go(audio.currentTime + STEP_S));
  by("volume").addEventListener("input", (event) => (audio.volume = Number(event.target.value)));
  seek.addEventListener("input", () => go(Number(seek.value)));
  for (const button of document.querySelectorAll(".seek")) {
    button.disabled = false;
    button.addEventListener("click", () => go(Number(button.dataset.at)));
  }
  audio.addEventListener("timeupdate", show);
  audio.addEventListener("seeked", show);
  for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, showState);
  audio.addEventListener("error", fall);
  audio.querySelector("source:last-of-type").addEventListener("error", fall);
  document.addEventListener("keydown", keys);
  setInterval(stay, STAY_MS);
  drawShape();
  show();
  showState();
})();
