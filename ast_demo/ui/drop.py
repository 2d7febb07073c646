"""Files dropped anywhere on the page."""

from __future__ import annotations

import gradio as gr

TITLE_LENGTH = 200  # characters of a sound's name that are shown

_HTML = '<div class="drop-veil" hidden>Drop the sound anywhere</div>'
# The veil takes the drop itself, so that leaving it is one event and not one per element below.
_JS = """
const veil = element.querySelector('.drop-veil');
const holdsFile = (event) => [...(event.dataTransfer?.types || [])].includes('Files');
document.addEventListener('dragenter', (event) => {
  if (holdsFile(event) && element.isConnected) veil.hidden = false;
});
veil.addEventListener('dragover', (event) => event.preventDefault());
veil.addEventListener('dragleave', () => { veil.hidden = true; });
veil.addEventListener('drop', async (event) => {
  event.preventDefault();
  veil.hidden = true;
  const file = event.dataTransfer.files[0];
  if (!file) return;
  try {
    const { path } = await upload(file);
    trigger('dropped', { path });
  } catch (error) {
    trigger('dropped', { path: null, problem: String(error?.message || error) });
  }
});
"""


def drop_zone() -> gr.HTML:
    """Make the drop zone; its event `dropped` carries the path of the uploaded file.

    The path comes from the browser, so it must go through `parts.sound_path` like every other.
    """
    return gr.HTML(html_template=_HTML, js_on_load=_JS, elem_id="drop", elem_classes="flush")


def told_file(event: gr.EventData) -> tuple[str, str | None]:
    """Return path and title of the file that a component's event tells; the title may be None.

    Raises:
        ValueError: if the upload did not succeed.
    """
    data = event._data if isinstance(event._data, dict) else {}
    path, title = data.get("path"), data.get("title")
    if not isinstance(path, str):
        raise ValueError(
            "the file did not arrive: it may be larger than the server takes, or the connection "
            "broke."
        )
    return path, str(title)[:TITLE_LENGTH] if title else None
