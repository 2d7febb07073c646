// @ts-check
// Files that are sent to be checked: a sound, a ZIP of labelled clips.

import { sendSound } from "../../sound/send.js";

const MEGABYTE = 1 << 20;

/**
 * Send a file to the server, or say why it is too large and what works at home.
 *
 * @param {"sound" | "zip" | "room"} what
 * @param {File} file
 * @param {object} server
 * @param {any} server.props of the component
 * @param {(file: File) => Promise<{ path: string }>} server.upload
 * @param {any} server.server its functions
 * @returns {Promise<{ path: string, title: string }>}
 */
export async function sendFile(what, file, { props, upload, server }) {
  const most = what === "zip" ? props.zip_megabytes : props.max_megabytes;
  const size = Math.round(file.size / MEGABYTE);
  if (file.size > most * MEGABYTE) {
    const [kind, option] = what === "zip" ? ["ZIP", "--data FOLDER"] : ["sound", "--sounds FILE"];
    throw new Error(
      `The ${kind} has ${size} MB, the limit is ${most} MB. At home: ` +
        `python -m ast_demo check MODEL ${option}`,
    );
  }
  if (what === "zip") return { path: (await upload(file)).path, title: file.name };
  const way = { megabytes: props.max_megabytes, upload, readable: server.sound_readable };
  return { path: (await sendSound(file, way)).path, title: file.name };
}
