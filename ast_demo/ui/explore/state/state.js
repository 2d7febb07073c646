// Everything a person can choose, with what holds at first.

// Kept from sound to sound: how a person likes to look.
export const FIRST_CHOICES = {
  grid: "outline", // off, outline, exploded, overlap
  heat: "rollout", // none, rollout, layer, label
  layer: 0,
  head: -1, // MEAN_HEAD
  from: "answer", // answer, patch
  scale: "own", // own, shared
  style: "tint", // tint, contour, alone
  opacity: 1,
  colours: "magma",
  range: "auto", // auto, fixed
  low: -1.3,
  high: 1,
  axis: "hertz", // hertz, mel, bin
  comparing: false,
  filling: "mean", // mean, silence
  allLabels: false,
  zoom: "fit", // fit, or CSS pixels a cell
};

// Forgotten with each new sound.
export const FIRST_PLACES = {
  left: 0, // first column in sight
  bottom: 0,
  cursor: null, // { frame, bin, patch }
  patch: null, // chosen: { f, t }
  before: null, // the patch from which the chosen one was reached by one stride
  playing: null, // frame under the play cursor
  labels: [], // chosen, two at most
  compared: "first", // first, second, more, less
  checked: null, // label whose map was asked of random weights
};
