// @ts-check
// Everything a person can choose, with what holds at first; types.js says what it may be.

/** @import { Choices, Places } from "../types.js" */

/** @type {Choices} */
export const FIRST_CHOICES = {
  grid: "outline",
  heat: "rollout",
  layer: 0,
  head: -1, // MEAN_HEAD
  from: "answer",
  scale: "own",
  style: "tint",
  opacity: 1,
  colours: "magma",
  range: "auto",
  low: -1.3,
  high: 1,
  axis: "hertz",
  comparing: false,
  filling: "mean",
  allLabels: false,
  zoom: "fit",
};

/** @type {Places} */
export const FIRST_PLACES = {
  left: 0,
  bottom: 0,
  cursor: null,
  patch: null,
  before: null,
  playing: null,
  labels: [],
  compared: "first",
  checked: null,
};
