// @ts-check
// From one tab of the page to another.

export const TIMELINE_EVENT = "ast-timeline-open"; // of the document; its detail is a recording
const TRIES = 100; // for a tab to be built, when it is seen for the first time
const TRY_MILLISECONDS = 100;

/**
 * Turn to a tab.
 *
 * @param {string} name as it is written on the tab
 */
export function turnTo(name) {
  const tabs = [...document.querySelectorAll('[role="tab"]')];
  const tab = tabs.find((one) => one.textContent.trim() === name);
  if (tab instanceof HTMLElement) tab.click();
}

/**
 * Turn to Timeline and let it hear a recording.
 *
 * @param {{ path?: string, example?: string, title: string }} recording a file on the server, or
 *     the name of an example clip
 */
export async function openInTimeline(recording) {
  turnTo("Timeline");
  for (let tries = 0; tries < TRIES; tries++) {
    const view = document.querySelector(".timeline");
    if (view && "timeline" in view) {
      document.dispatchEvent(new CustomEvent(TIMELINE_EVENT, { detail: recording }));
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, TRY_MILLISECONDS));
  }
}
