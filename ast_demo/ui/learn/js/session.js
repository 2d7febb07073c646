// @ts-check
// The lesson's dealings with the server: its texts, its sound, and small facts asked for once.

import { makeAgain } from "../../explore/state/resend.js";
import { makeAnswers } from "../../explore/state/serverCache.js";
import { decodeBytes } from "../../shared/numbers.js";
import { openSound } from "./lessonSound.js";

const FIRST_SOUND = "siren";

export function makeSession(app, { onSound, onTrouble }) {
  const again = makeAgain();
  let ticket = null; // { id, title, source, model }: how any server finds the sound
  let serial = 0;
  let opening = false;
  let begun = false;
  let pending = ""; // what the present picture waits for, or why it waits in vain
  const answers = makeAnswers(app.server, () => again(ticket), () => app.redraw());
  // A link's model, until the page's header has loaded it, too: no step is shown for another one.
  let linked = app.props.models.includes(app.link.model) ? app.link.model : null;
  const modelNow = () => linked ?? app.props.value?.model ?? app.props.default_model;

  /** The sound that Explore shows, if there is one. */
  function explored() {
    const explorer = /** @type {any} */ (document.querySelector(".explorer"))?.explorer;
    return explorer?.sound?.payload ?? null;
  }

  const exampleOf = (name) => app.props.examples.find((each) => each.name === name);

  function ticketOf({ example, payload }) {
    const model = { name: modelNow() };
    if (!payload) {
      const { title, file } = exampleOf(example) ?? exampleOf(FIRST_SOUND) ?? app.props.examples[0];
      return { id: randomKey(), title, source: { example: file }, model };
    }
    const id = payload.model.name === model.name ? payload.id : randomKey();
    return { id, title: payload.title, source: payload.source, model };
  }

  async function open(wish, keep = {}) {
    if (!app.props.examples.length && !wish.payload) return onTrouble(app.texts.ui("none_yet"));
    const mine = ++serial;
    ticket = ticketOf(wish);
    opening = true;
    answers.clear();
    onTrouble(null);
    try {
      const answer = await answers.ask("learn_sound", firstRequest());
      if (mine !== serial) return;
      onSound(openSound({ ...answer, source: ticket.source }), keep);
    } catch (error) {
      if (mine !== serial) return;
      linked = null; // trying again is worth it with the model that the page has
      onTrouble(error.message, () => open(wish, keep));
    } finally {
      if (mine === serial) opening = false;
      app.redraw();
    }
  }

  // An example needs no second request: its name comes along at once.
  function firstRequest() {
    const { id, title, source, model } = ticket;
    return source?.example
      ? { id, title, example: source.example, model: model.name }
      : { id, title };
  }

  function begin() {
    begun = true;
    const { link } = app;
    if (link.sound && exampleOf(link.sound)) return open({ example: link.sound }, link);
    return open(explored() ? { payload: explored() } : { example: FIRST_SOUND }, link);
  }

  // Back from another tab: what Explore shows by then carries over.
  let seen = explored()?.id ?? null;
  function visit() {
    const now = explored();
    if (!begun || !now || now.id === seen) return;
    seen = now.id;
    if (now.source?.example !== ticket?.source?.example || !now.source?.example) {
      open({ payload: now });
    }
  }

  function modelChanged() {
    linked = null;
    if (begun && ticket && modelNow() !== ticket.model.name) {
      open(
        ticket.source?.example
          ? { example: exampleName() }
          : { payload: { ...ticket, id: randomKey() } },
      );
    }
  }

  const exampleName = () => ticket?.source?.example?.replace(/\.\w+$/, "") ?? null;

  /** A fact of the sound, asked once; null while it is on its way. */
  function fact(key, name, request, unpack) {
    const full = `${app.sound.id} ${key}`;
    const value = answers.get(full, name, { id: app.sound.id, ...request }, unpack);
    if (!value) pending = answers.error(full) ?? app.texts.ui("waiting");
    return value;
  }

  // Gradio mounts a tab's components late, but the first tab's at once: wait until one looks.
  function whenVisible(root, start) {
    const observer = new ResizeObserver(() => {
      if (root.clientWidth === 0) return;
      observer.disconnect();
      start();
    });
    observer.observe(root);
  }

  return {
    open,
    begin,
    visit,
    modelChanged,
    fact,
    whenVisible,
    exampleName,
    explored,
    model: modelNow,
    ask: (name, request) => answers.ask(name, { id: app.sound.id, ...request }),
    weights: () => fact("weights", "learn_weights", {}, unpackWeights),
    pooled: () => fact("pooled", "learn_answer", {}, unpackPooled),
    forget: () => {
      pending = "";
    },
    isOpening: () => opening,
    status:
      () => (opening && app.texts
        ? app.texts.ui(app.props.loaded ? "loading" : "loading_model")
        : pending),
    async texts(language) {
      const answer = await app.server.learn_texts({ language });
      if (!answer?.texts) throw new Error(answer?.error ?? "The server did not answer: try again.");
      return answer.texts;
    },
  };
}

const floats = (text) => new Float32Array(decodeBytes(text).buffer);

function unpackWeights({ filters, scales, offsets, addresses }) {
  return {
    filters: new Int16Array(decodeBytes(filters).buffer),
    scales: floats(scales),
    offsets: floats(offsets),
    addresses: new Int8Array(decodeBytes(addresses).buffer),
  };
}

function unpackPooled({ labels, pooled, weights, offsets, logits, scores }) {
  return { labels, pooled: floats(pooled), weights: floats(weights), offsets, logits, scores };
}

function randomKey() {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(16)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
