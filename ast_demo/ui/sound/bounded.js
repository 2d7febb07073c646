// @ts-check
// Every wait for the browser ends: with its answer, or after a while with a sentence.

/**
 * Wait for a promise, but not for ever.
 *
 * @template T
 * @param {Promise<T>} promise what the browser promised
 * @param {number} seconds how long it may take
 * @param {string} sentence what is told when it takes longer
 * @param {(value: T) => void} [late] takes what comes afterwards, so that it can be given back
 * @returns {Promise<T>}
 */
export function within(promise, seconds, sentence, late = () => {}) {
  return new Promise((resolve, reject) => {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      reject(new Error(sentence));
    }, 1000 * seconds);
    promise.then(
      (value) => {
        clearTimeout(timer);
        if (over) late(value);
        else resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
