// @ts-check
// What Explore's modules hand to each other, for editors and `deno check`; nothing runs here.

/** @import { Cell, Grid, Pack, Patch, PatchMap } from "../shared/types.js" */

// --- what the server sends, see payload.py ---

/**
 * One map, base64 of a byte a patch.
 * @typedef {object} PackedMap
 * @property {string} data
 * @property {number} max value of byte 255
 * @property {number} entropy in bits
 * @property {number} special_share
 */

/**
 * The maps of every layer and head, seen from one token, layer by layer.
 * @typedef {object} PackedMaps
 * @property {number} layers
 * @property {number} heads
 * @property {string} data
 * @property {number[]} max
 * @property {number[]} entropy
 * @property {number[]} special_share
 */

/** @typedef {{ name: string, score: number }} Label */

/**
 * The outline of the whole sound.
 * @typedef {object} Waveform
 * @property {string} data loudest sample of each column, base64 of a byte each
 * @property {number} seconds
 * @property {number} start of the explained window, in seconds
 */

/**
 * Where the server finds a sound again.
 * @typedef {object} Source
 * @property {string} [path] of an upload
 * @property {string} [example] file name of an example
 * @property {number} [start] of the explained window, in seconds
 */

/**
 * @typedef {object} ModelFacts
 * @property {string} name
 * @property {string} source
 * @property {string | null} revision
 * @property {string} device
 * @property {string} dtype
 * @property {number} parameters
 */

/**
 * One sound, its labels and pooled maps.
 * @typedef {object} SoundFacts
 * @property {number} version
 * @property {string} id under which the server keeps the explanation
 * @property {string} title
 * @property {string} file what a reader of the copied Python loads
 * @property {string[]} notes what was done to the sound
 * @property {number} seconds
 * @property {number} num_frames before padding
 * @property {"sigmoid" | "softmax" | "linear"} rule that made the scores
 * @property {number} threshold under which the best label is no answer
 * @property {boolean} abstains
 * @property {ModelFacts} model
 * @property {Record<string, number>} timings milliseconds of each stage
 * @property {number} hop_seconds
 * @property {number} window_seconds
 * @property {Record<string, number>} grid see makeGrid
 * @property {[number, number, number][]} mel_hertz lower edge, centre and upper edge of each bin
 * @property {number} mean
 * @property {number} std
 * @property {number} padding_value normalized
 * @property {Label[]} labels highest score first
 * @property {PackedMap} rollout
 * @property {PackedMaps} attention
 * @property {Source | null} [source]
 * @property {Waveform} [waveform]
 * @property {number} [window_length] of the model, in seconds
 */

/**
 * Normalized bytes, a cell each.
 * @typedef {{ data: string, low: number, high: number }} PackedSpectrogram
 */

/** @typedef {SoundFacts & { spectrogram: PackedSpectrogram }} Payload */

/**
 * What the component shows instead of a payload: a stage of work, or one sentence of error.
 * @typedef {{ status: "busy" | "error" | "empty", stage?: string, message?: string }} Notice
 */

/**
 * A payload, decoded once.
 * @typedef {object} Sound
 * @property {SoundFacts} payload
 * @property {string} id
 * @property {Grid} grid
 * @property {number} numFrames before padding
 * @property {Uint8Array} bytes of the spectrogram, time-major: frame * bins + bin
 * @property {number} low normalized value of byte 0
 * @property {number} high normalized value of byte 255
 * @property {PatchMap} rollout
 * @property {Pack} attention
 */

// --- what a person can choose ---

/**
 * How to look; kept from sound to sound.
 * @typedef {object} Choices
 * @property {"off" | "outline" | "exploded" | "overlap"} grid
 * @property {"none" | "rollout" | "layer" | "label"} heat
 * @property {number} layer
 * @property {number} head or MEAN_HEAD
 * @property {"answer" | "patch"} from whose attention
 * @property {"own" | "shared"} scale
 * @property {"tint" | "contour" | "alone"} style
 * @property {number} opacity from 0 to 1
 * @property {string} colours one of COLOUR_MAPS
 * @property {"auto" | "fixed"} range
 * @property {number} low darkest normalized value of a fixed range
 * @property {number} high brightest one
 * @property {"hertz" | "mel" | "bin"} axis
 * @property {boolean} comparing two labels
 * @property {"mean" | "silence"} filling of what the deletion test removes
 * @property {boolean} allLabels
 * @property {"fit" | number} zoom CSS pixels a cell
 */

/**
 * Where to look; forgotten with each new sound.
 * @typedef {object} Places
 * @property {number} left first column in sight
 * @property {number} bottom first row in sight
 * @property {Cell | null} cursor
 * @property {Patch | null} patch the chosen one
 * @property {Patch | null} before from which the chosen patch was reached by one stride
 * @property {number | null} playing frame under the play cursor
 * @property {string[]} labels the chosen ones, two at most
 * @property {"first" | "second" | "more" | "less"} compared
 * @property {string | null} checked label whose map was asked of random weights
 */

/** @typedef {Choices & Places} State */

// --- what is drawn ---

/**
 * Where cells lie on a plane measured in cells, x to the right, y upward.
 * @typedef {object} Layout
 * @property {"plane" | "exploded"} kind
 * @property {number} columns
 * @property {number} rows
 * @property {(x: number, y: number) => Cell | null} cellAt
 * @property {(patch: Patch) => { x: number, y: number }} patchCorner
 */

/** @typedef {{ left: number, top: number, width: number, height: number }} Box in CSS pixels */

/**
 * Which part of a layout is on the screen; lengths in CSS pixels, columns and rows in cells.
 * @typedef {object} View
 * @property {Layout} layout
 * @property {boolean} fitting all columns in the width
 * @property {number} cellWidth
 * @property {number} cellHeight
 * @property {number} left first column in sight
 * @property {number} bottom first row in sight
 * @property {number} columnsSeen
 * @property {number} rowsSeen
 * @property {Box} plot
 * @property {number} width
 * @property {number} height
 * @property {number} fitWidth of a cell when all columns fit
 * @property {number} pixelRatio screen pixels in a CSS pixel
 * @property {number} scale of the type
 */

/**
 * A map that is shown, see selectedMap.js.
 * @typedef {PatchMap & { key: string, name: string, caveat: string, linear: boolean,
 *     ceiling: number }} Heat
 */

/**
 * What the server needs to know to find a map again.
 * @typedef {object} HeatRequest
 * @property {"rollout" | "attention" | "relevance"} kind
 * @property {number} [layer]
 * @property {number | null} [head] null for the mean
 * @property {number | "pooled"} [token]
 * @property {string} [label]
 * @property {string} [over] a second label, whose relevance is taken away
 */

/** @typedef {{ missing: string }} Missing A sentence in place of what is not here (yet) */

/** @typedef {Record<string, string>} Colours of the theme by their short names, and its font */

/**
 * What is written into the picture.
 * @typedef {object} PictureWords
 * @property {string} padding
 * @property {(text: string) => string} seconds a number with its unit
 * @property {(value: number, digits: number) => string} number
 */

/**
 * What the picture shows, beside how it looks.
 * @typedef {object} SceneParts
 * @property {View} view
 * @property {Sound} sound
 * @property {Record<string, any>} images offscreen canvases, and paths of contour lines, by name
 * @property {Heat | null} map
 * @property {string} ink red, green and blue of lines over the spectrogram
 * @property {Colours} colours
 * @property {PictureWords} words
 */

/**
 * What the picture is drawn from.
 * @typedef {SceneParts & Pick<State, "grid" | "style" | "opacity" | "axis">} Scene
 */

/** @typedef {Scene & Omit<State, "colours">} MarkedScene with what follows the cursor */

/** @typedef {CanvasRenderingContext2D} Pen */

// --- the explorer ---

/**
 * What panels see of the explorer.
 * @typedef {object} App
 * @property {State} state
 * @property {string} space name of the Space that the page runs in, empty elsewhere
 * @property {Sound | null} sound
 * @property {View | null} view null until the first redraw
 * @property {(changes: Partial<State>) => void} set changes the state and asks for a redraw
 * @property {() => void} redraw
 * @property {(sentence: string) => void} speak to those who hear the page
 * @property {() => Heat | Missing | null} heat the chosen map
 * @property {import("./state/serverCache.js").Answers} answers
 */

export {};
