// @ts-check
// What the tab's modules hand to each other, for editors and `deno check`; nothing runs here.

// --- what the page gives ---

/** @import { Server } from "../../shared/types.js" */

/** @typedef {(file: File) => Promise<{ path: string }>} Upload */

/**
 * @typedef {object} Props
 * @property {View | null} value
 * @property {string[]} against models and settings to compare with
 * @property {string} accept file types of sounds
 * @property {number} max_megabytes of a sound
 * @property {number} zip_megabytes of labelled clips
 */

/**
 * @typedef {object} Component what gr.HTML hands to its JavaScript
 * @property {HTMLElement} element
 * @property {(name: string, changed: () => void) => void} watch
 * @property {Props} props
 * @property {Server} server
 * @property {(name: string, data?: object) => void} trigger
 * @property {Upload} upload
 */

/**
 * What the server shows of a check, see views.py.
 * @typedef {{ job: number | null } & (Busy | Failed | Ready)} View
 *
 * @typedef {object} Busy
 * @property {"busy"} status
 * @property {string} stage
 * @property {number | null} fraction that is done
 * @property {number} [left] seconds
 *
 * @typedef {{ status: "error", message: string }} Failed
 *
 * @typedef {{ status: "ready", id: string, report: Report }} Ready
 */

// --- what a person asks for ---

/** @typedef {"sound" | "zip" | "room"} FileKind */

/** @typedef {{ path: string, title: string }} SentFile */

/**
 * @typedef {object} Request
 * @property {string} source examples, explore, sound or zip
 * @property {boolean} quick
 * @property {boolean} heat whether heat is tested, too
 * @property {string} against model or settings to compare with, empty for none
 * @property {number} kept share of cases that must keep their best label
 * @property {string} [path] of what was sent
 * @property {string} [title]
 * @property {string} [room] path of a recording
 */

// --- the report, see check_run.py ---

/**
 * @typedef {object} Report
 * @property {Model} model
 * @property {{ seed: number, bars: { kept: number } }} settings
 * @property {string} command that does the same at home
 * @property {{ sound: string }[]} sounds
 * @property {Series[]} series
 * @property {Verdict[]} verdicts
 * @property {number} missed verdicts
 * @property {string[]} summary sentences
 * @property {{ value: string, words: string }[]} numbers at the top
 * @property {string[]} not_tested
 * @property {Comparison | null} comparison
 * @property {Clips | null} clips
 * @property {Heat | null} heat
 */

/** @typedef {{ checkpoint: string, dtype: string, weights_sha256?: string | null }} Model */

/**
 * @typedef {object} Verdict
 * @property {string} kind
 * @property {string} name
 * @property {string} measured
 * @property {string} bar
 * @property {boolean | null} passed null where nothing is asked for
 */

/**
 * One perturbation at several strengths.
 * @typedef {object} Series
 * @property {string} series its name
 * @property {string} unit of the strength, empty where there is none
 * @property {string} sentence
 * @property {Point[]} points
 */

/**
 * One strength; scores are means over the cases.
 * @typedef {object} Point
 * @property {string} kind of perturbation: what it must or must not change
 * @property {number} strength
 * @property {string} at strength with its unit
 * @property {string[]} keys of the perturbation, one a seed
 * @property {number} cases
 * @property {number} kept cases with the best label of before
 * @property {number} before score of the label that was best before
 * @property {number} score its score now
 * @property {number} low lowest score of a case
 * @property {number} high highest one
 * @property {number} rival score of the strongest other label
 * @property {number | null} likeness of the maps before and after
 * @property {string} note
 */

/** @typedef {{ sentence: string, rows: Difference[] }} Comparison */

/**
 * What two models say of one sound.
 * @typedef {object} Difference
 * @property {string} sound
 * @property {string} best_a
 * @property {number} score_a
 * @property {string} best_b
 * @property {number} score_b
 * @property {string} shown label of the scatter: the known one, or else A's best
 * @property {number} shown_a
 * @property {number} shown_b
 * @property {boolean} agree on the best label
 * @property {number} logit_difference greatest one
 * @property {number | null} likeness of the maps
 */

/**
 * Labelled clips.
 * @typedef {object} Clips
 * @property {number} clips
 * @property {number} labels
 * @property {number} top1
 * @property {[number, number]} top1_interval_95
 * @property {number} top3
 * @property {number} mean_average_precision
 * @property {ClipRow[]} rows the worst first
 * @property {{ labels: string[], counts: number[][] }} confusion rows are the true labels
 * @property {string[]} label_errors clips
 * @property {[string, string][]} swapped labels
 * @property {ScoreToAsk[]} score_to_ask
 * @property {ClassRow[]} per_class
 * @property {{ clip: string, reason: string }[]} unreadable
 * @property {Record<string, string[]>} unknown_labels with the known ones that come closest
 * @property {string[]} trained_on clips
 */

/**
 * @typedef {object} ClipRow
 * @property {string} clip
 * @property {string[]} labels the true ones
 * @property {string} best
 * @property {number} score
 * @property {number} true_score of its own label
 * @property {boolean} right
 */

/**
 * @typedef {object} ScoreToAsk
 * @property {string | null} label null for all together
 * @property {number | null} score null where none is high enough
 * @property {number} right
 * @property {number} clips
 */

/**
 * @typedef {object} ClassRow
 * @property {string} label
 * @property {number} clips
 * @property {number} recall
 * @property {number} precision
 * @property {number} average_precision
 */

/**
 * Whether heat tells what counts.
 * @typedef {object} Heat
 * @property {number} clips
 * @property {string} sentence
 * @property {Record<string, Record<string, number>>} beats clips on which a map beats an order
 * @property {MeanCurves} mean_curves
 */

/**
 * Mean scores by the order in which patches were removed or put back.
 * @typedef {object} MeanCurves
 * @property {number[]} shares of patches
 * @property {Record<string, number[]>} deletion
 * @property {Record<string, number[]>} insertion
 */

// --- what the server tells of one strength ---

/**
 * Two spectrograms with their maps, before and after.
 * @typedef {object} MapPair
 * @property {number} frames
 * @property {number} bins
 * @property {number} columns of patches
 * @property {number} rows
 * @property {MapPicture[]} pictures
 */

/**
 * @typedef {object} MapPicture
 * @property {string} cells base64 of a byte each, time-major
 * @property {string} heat base64 of a byte a patch
 * @property {number} max value of its byte 255
 * @property {string} label
 * @property {number} score
 */

export {};
