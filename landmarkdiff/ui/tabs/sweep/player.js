/** Plays the pictures of a sweep there and back, and lets a slider go through them. */

/** The ends stand twice as long, so that the eye can compare them. */
const END_HOLD = 2;

export function mount(root) {
  const frames = [...root.querySelectorAll(".ld-player-stage img")];
  const slider = root.querySelector("input[type=range]");
  const output = root.querySelector("output");
  const button = root.querySelector("button");
  const milliseconds = 1000 * Number(root.dataset.player);
  let direction = 1;
  let timer = null;

  function show(index) {
    frames.forEach((frame, place) => frame.classList.toggle("ld-now", place === index));
    slider.value = index;
    slider.setAttribute("aria-valuetext", frames[index].dataset.label);
    output.value = frames[index].dataset.label;
  }

  function step() {
    if (!root.isConnected) return;
    // A hidden tab plays to nobody.
    if (root.offsetParent !== null) {
      const index = Number(slider.value);
      if (index + direction < 0 || index + direction >= frames.length) direction = -direction;
      show(index + direction);
    }
    wait();
  }

  function wait() {
    const index = Number(slider.value);
    const end = index === 0 || index === frames.length - 1;
    timer = setTimeout(step, milliseconds * (end ? END_HOLD : 1));
  }

  function play(on) {
    clearTimeout(timer);
    timer = null;
    if (on) wait();
    button.textContent = on ? button.dataset.pause : button.dataset.play;
    root.dataset.playing = on;
  }

  slider.addEventListener("input", () => {
    play(false);
    show(slider.valueAsNumber);
  });
  button.addEventListener("click", () => play(timer === null));
  show(0);
  play(!matchMedia("(prefers-reduced-motion: reduce)").matches);
}
