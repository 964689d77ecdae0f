import { ask } from "../../ask.js";
import { config } from "../../page.js";

export async function mount(element) {
  const { text } = await ask("probe/echo", { text: config().probe });
  element.querySelector(".ld-probe").textContent = text;
}
