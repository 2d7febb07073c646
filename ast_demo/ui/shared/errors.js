// @ts-check
// What was thrown, in words.

/**
 * The server's sentence, without the status that Gradio puts first.
 *
 * @param {unknown} error
 */
export function sentenceOf(error) {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^(Error: )?HTTP \d+: /, "");
}
