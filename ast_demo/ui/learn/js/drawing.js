// @ts-check
// Redraws once per frame, however many changes came in between: the picture and the words about it.

import { prepared } from "../../shared/canvas.js";
import { make, setText } from "../../shared/dom.js";
import { heatLegend } from "../../shared/heat.js";
import { keepLink } from "../../shared/links.js";
import { linkSettings } from "./state.js";

const COLOURS = "text muted line surface veil hatch blind ghost faint weak chosen hot accent".split(
  " ",
);

const LARGE = 1.5; // large type: pictures grow along, by what keeps cells whole pixels
const LARGE_FROM = 1200; // CSS pixels of width; on a smaller screen they would only be cut off
const PAPER = 720; // CSS pixels between the margins of A4 and of Letter

export function makeDrawing(app, root, session) {
  const find = (name) => root.querySelector(`.ln-${name}`);
  const [stage, canvas] = [find("stage"), root.querySelector(".ln-stage canvas")];
  let wanted = false;
  let colours = null; // of the page's theme, read anew only when it may have changed

  function schedule() {
    if (!wanted) requestAnimationFrame(redraw);
    wanted = true;
  }

  function redraw() {
    wanted = false;
    if (!root.isConnected || root.clientWidth === 0) return; // hidden in another tab
    const step = app.step();
    if (!step || !app.sound) return setText(find("busy"), session.status());
    const start = performance.now();
    session.forget();
    app.scale = scaleNow();
    const width = app.printing ? step.paper?.() ?? PAPER : stage.clientWidth / app.scale;
    const height = Math.ceil(step.height(width));
    stage.style.height = `${height * app.scale}px`;
    const context = prepared(canvas, width * app.scale, height * app.scale);
    context.scale(app.scale, app.scale);
    step.draw({ context, width, height, colours: pageColours() });
    describe(step);
    performance.clearMeasures("learn:redraw"); // keep one, not a session's worth
    performance.measure("learn:redraw", { start, end: performance.now() });
  }

  function scaleNow() {
    const large = root.dataset.large === "true" && stage.clientWidth >= LARGE_FROM;
    return large && !app.printing ? LARGE : 1;
  }

  function describe(step) {
    const words = app.words(step.id);
    const facts = app.facts(step);
    const { fill, ui } = app.texts;
    setText(find("sentence"), fill(step.sentence?.() ?? words.sentence, facts));
    setText(find("read"), fill(step.read?.() ?? words.read, facts));
    drawLegend(step.legend?.());
    step.refresh?.();
    stage.setAttribute("aria-label", `${fill(words.alt, facts)} ${ui("keys")}`);
    app.exact.refresh(words.exact, facts);
    app.table.refresh(() => step.rows());
    app.header.refresh();
    setText(find("busy"), session.status());
    find("step").dataset.busy = session.isOpening();
    keepLink(linkSettings(app, session.exampleName()));
  }

  // A strip of the heat's colours with marks under it, as in Explore.
  function drawLegend(map) {
    const line = find("legend");
    line.hidden = !map;
    if (!map) return;
    const { texts, sound } = app;
    const times = (value) => `${texts.number(value, value < 10 ? 1 : 0)}\u00d7`;
    const { table, ticks } = heatLegend(map, sound.grid.patches, texts.short, times);
    const strip = make("canvas", "", "", { width: table.length, height: 1 });
    const image = new ImageData(table.length, 1);
    new Uint32Array(image.data.buffer).set(table);
    strip.getContext("2d").putImageData(image, 0, 0);
    const scale = make("span", "ln-heat");
    scale.append(strip);
    for (const [place, text] of ticks) {
      const mark = make("span", "ln-tick", text);
      mark.style.left = `${100 * place}%`;
      scale.append(mark);
    }
    line.replaceChildren(map.linear ? map.name : texts.ui("times_even", { name: map.name }), scale);
  }

  function pageColours() {
    if (colours) return colours;
    const style = getComputedStyle(root);
    const read = (name) => style.getPropertyValue(`--ln-${name}`).trim();
    const dark = Boolean(root.closest(".dark")) && !app.printing;
    const font = `${read("canvas-type") || "12px"} ${style.fontFamily}`;
    colours = { ...Object.fromEntries(COLOURS.map((name) => [name, read(name)])), font, dark };
    return colours;
  }

  function recolour() {
    colours = null;
    schedule();
  }

  // On paper there is no dark theme, and the browser does not wait for the next frame.
  function print(now) {
    app.printing = now;
    root.dataset.print = String(now);
    colours = null;
    redraw();
  }
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  return { schedule, recolour };
}

// Redraw when the theme, the fonts or the width change; tell when the tab is shown again.
export function watchSurroundings(root, onChange, onShown) {
  const observer = new MutationObserver(onChange);
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
  document.fonts?.ready.then(onChange);
  let width = 0;
  new ResizeObserver(() => {
    if (width === 0 && root.clientWidth > 0) onShown();
    width = root.clientWidth;
    onChange();
  }).observe(root);
}

// Hands on the picture: pointers and keys go to the step.
export function watchStage(app, stage, say) {
  const place = ({ clientX, clientY }) => {
    const box = stage.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top, box.width].map((each) => each / app.scale);
  };
  const events = {
    pointerdown: "down",
    pointermove: "move",
    pointerup: "up",
    pointercancel: "cancel",
  };
  for (const [event, name] of Object.entries(events)) {
    stage.addEventListener(event, (happened) => {
      if (!app.sound || happened.button > 0) return;
      if (name === "down" && happened.pointerType === "mouse") {
        stage.setPointerCapture(happened.pointerId);
      }
      app.step()?.pointer?.[name]?.(...place(happened));
    });
  }
  stage.addEventListener("keydown", (event) => {
    if (!app.sound || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = app.step().keys?.[event.key];
    if (!act) return;
    event.preventDefault();
    act();
    const step = app.step();
    say(app.texts.fill(step.read?.() ?? app.words(step.id).read, app.facts(step)));
  });
}
