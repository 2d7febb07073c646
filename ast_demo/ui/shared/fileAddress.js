// @ts-check
// Where the server hands out a visitor's files.

/**
 * The address of an upload, or of a file that was made for this visitor. Each part of its name is
 * encoded: a name may hold "#", "?" and "%".
 * @param {string} path on the server
 */
export function addressOf(path) {
  const name = path.split("/").map(encodeURIComponent).join("/");
  return new URL(`gradio_api/file=${name}`, document.baseURI);
}
