// @ts-check
// Files that are sent to be checked: a sound, a ZIP of labelled clips.

import { sendSound } from "../../sound/send.js";

/** @import { Component, FileKind, SentFile } from "./types.js" */

const MEGABYTE = 1 << 20;

/**
 * Send a file to the server, or say why it is too large and what works at home.
 *
 * @param {FileKind} what
 * @param {File} file
 * @param {Pick<Component, "props" | "upload" | "server">} page
 * @returns {Promise<SentFile>}
 * @throws {Error} with a sentence
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
