// @ts-check
// What the lesson's modules hand to each other, for editors and `deno check`; nothing runs here.

/** @import { Colours, Pen, SoundFacts } from "../../explore/types.js" */
/** @import { Grid, Pack, Patch, PatchMap, Server } from "../../shared/types.js" */
/** @import { Stages } from "./stages.js" */

// --- what the page and the server send, see tab.py and server_functions.py ---

/**
 * @typedef {object} Props
 * @property {{ model: string } | null} value
 * @property {string} default_model
 * @property {string[]} models on offer
 * @property {{ name: string, file: string, title: string }[]} examples
 * @property {[string, string][]} languages code and name
 * @property {number} keep_seconds after which the server forgets a sound
 * @property {string} space name of the Space that the page runs in, empty elsewhere
 * @property {boolean} [loaded] whether the model is in memory
 */

/**
 * @typedef {object} Component what gr.HTML hands to its JavaScript
 * @property {HTMLElement} element
 * @property {(name: string, changed: () => void) => void} watch
 * @property {Props} props
 * @property {Server} server
 */

/**
 * What was measured on many clips, see explain/lesson.py.
 * @typedef {object} Effects
 * @property {number} clips
 * @property {number} right share of them, without any experiment
 * @property {Record<string, { kept: number, kept_interval: [number, number], right: number }>}
 *     experiments
 */

/**
 * @typedef {object} LessonFacts
 * @property {string} pcm base64 of 16-bit samples
 * @property {number} rate in Hz
 * @property {number} window of the model, in seconds
 * @property {number} padding_log_mel what padding would be before normalization
 * @property {number} hidden_size
 * @property {number} intermediate_size
 * @property {number} num_layers
 * @property {number} weighed_labels how many labels step 11 offers
 * @property {number} bins_up by which an experiment moves the spectrogram
 * @property {Effects | null} effects null where nothing was measured
 */

/** @typedef {SoundFacts & LessonFacts} LessonPayload */

/**
 * The sound as any server finds it again; what Explore shows is one, too.
 * @typedef {Pick<SoundFacts, "id" | "title" | "source"> & { model: { name: string } }} Ticket
 */

/**
 * What an experiment did to the labels.
 * @typedef {object} Outcome
 * @property {[string, number, number][]} rows label, score before, score after
 * @property {{ label: string, before: number, after: number }} reference the label to watch
 * @property {string} best label after the experiment
 * @property {string} best_before
 * @property {number} difference greatest one of any logit
 * @property {string} dtype
 * @property {number[]} [order] of shuffled patches
 * @property {number} [bins_up]
 */

/** @typedef {{ label: string, rows: { gain: number, score: number }[] }} Gains */

/** @typedef {{ rows: { whose: string, label: string, score: number }[] }} StatisticsTried */

/**
 * The patch projection and the position embeddings.
 * @typedef {object} Weights
 * @property {Int16Array} filters of the projection, one after the other, in whole steps
 * @property {Float32Array} scales step of each filter
 * @property {Float32Array} offsets
 * @property {Int8Array} addresses position embedding of every token, in steps of 1/127
 */

/**
 * The pooled output and the classifier's rows for the best labels.
 * @typedef {object} Pooled
 * @property {string[]} labels
 * @property {Float32Array} pooled
 * @property {Float32Array} weights label by label
 * @property {number[]} offsets
 * @property {number[]} logits
 * @property {number[]} scores
 */

// --- the sound ---

/**
 * A normalized spectrogram, time-major, and its bytes between the lowest and the highest value.
 * @typedef {object} Picture
 * @property {Float32Array} values
 * @property {number} low
 * @property {number} high
 * @property {Uint8Array} bytes
 */

/**
 * @typedef {object} SoundParts
 * @property {LessonPayload} payload
 * @property {string} id
 * @property {string} title
 * @property {Float32Array} samples full scale 1.0
 * @property {Stages} stages
 * @property {Grid} grid
 * @property {Float32Array} logMel time-major, natural log
 * @property {number} numFrames before padding
 * @property {PatchMap} rollout
 * @property {Pack} attention
 * @property {number} loudest frame
 */

/** @typedef {SoundParts & Picture} LessonSound what the drawing modules of Explore call a sound */

/** @typedef {Picture & { id: string, key?: string, numFrames: number }} ShownPicture */

// --- words ---

/** @typedef {Record<string, string | number>} Facts numbers and names for the gaps of a sentence */

/**
 * The sentences of a step; steps have some of their own beside these.
 * @typedef {Record<string, any> & {
 *   name: string,
 *   title: string,
 *   term: string,
 *   sentence: string,
 *   read: string,
 *   alt: string,
 *   control: string,
 *   question: string,
 *   choices: [string, string][],
 *   answer: string,
 *   belief: [string, string],
 *   exact: [string, string][],
 *   columns: string[],
 * }} StepWords
 */

/**
 * The sentences of one language, see assets/lesson.
 * @typedef {object} LessonWords
 * @property {Record<string, string>} ui of the page around the steps
 * @property {Record<string, StepWords>} steps
 * @property {Record<string, any>} teacher
 */

// --- what a person can choose ---

/**
 * How to look; kept from sound to sound.
 * @typedef {object} Choices
 * @property {number} step
 * @property {number} zoom of the waveform, 0 to 100
 * @property {"hann" | "none"} fade
 * @property {"linear" | "mel"} scale
 * @property {number} bin chosen mel filter
 * @property {number} gain in dB
 * @property {string} whose mean and std: own, audioset, commands, off
 * @property {number} fstride
 * @property {number} tstride
 * @property {number} pattern chosen filter of the projection
 * @property {number} layer
 * @property {string} head its number, or "mean"
 * @property {"answer" | "card"} listener whose attention is shown
 * @property {string} kind of the last step's experiments
 * @property {"paint" | "pan"} mode what dragging does there
 * @property {"mean" | "silence"} filling
 * @property {boolean} outline
 * @property {boolean} answers whether they are shown unasked
 */

/**
 * Where to look; forgotten with each new sound.
 * @typedef {object} Places
 * @property {number} from first sample in sight
 * @property {number} frame
 * @property {number} left first column in sight
 * @property {number} bottom first row in sight
 * @property {Patch} patch the chosen one
 * @property {Set<string>} painted patches as "f t"
 * @property {string | null} label
 * @property {string | null} tried experiment of step 9
 * @property {Record<string, number>} revealed what was guessed, by step
 */

/** @typedef {Choices & Places} LessonState */

// --- what is drawn ---

/**
 * What a step draws on, in CSS pixels.
 * @typedef {object} Surface
 * @property {Pen} context
 * @property {number} width
 * @property {number} height
 * @property {Colours} colours
 * @property {boolean} dark
 */

/** @typedef {(string | number)[]} Row of a table */

/**
 * What pointers do on a picture: x, y and the picture's width in CSS pixels.
 * @typedef {object} PointerActions
 * @property {(x: number, y: number, width: number) => void} [down]
 * @property {(x: number, y: number, width: number) => void} [move]
 * @property {(x: number, y: number, width: number) => void} [up]
 * @property {() => void} [cancel]
 */

/** @typedef {Record<string, () => void>} KeyActions by the key's name */

/** @typedef {{ right: boolean, sentences: string[] }} Judgement of a guess */

export {};
