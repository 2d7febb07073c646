// Plays stretches of the recording.

export function makePlayer(audio, onTime, onTrouble) {
  let end = Infinity;
  let shown = null;
  let address = null;

  function tick() {
    if (audio.paused) return;
    if (audio.currentTime >= end) {
      audio.pause();
      return;
    }
    onTime(audio.currentTime);
    requestAnimationFrame(tick);
  }

  audio.addEventListener("play", () => requestAnimationFrame(tick));
  audio.addEventListener("pause", () => onTime(null));
  audio.addEventListener("ended", () => onTime(null));
  audio.addEventListener("error", () => {
    if (address) onTrouble("This browser cannot play the recording; the timeline is not affected.");
  });

  return {
    // A file that is still at hand here needs no server to be played.
    load(source) {
      audio.pause();
      if (shown) URL.revokeObjectURL(shown);
      shown = source instanceof Blob ? URL.createObjectURL(source) : null;
      address = shown ?? source;
      if (address) audio.src = address;
      else audio.removeAttribute("src");
    },
    async play(start, stop) {
      end = stop;
      try {
        audio.currentTime = start;
        await audio.play();
      } catch (error) {
        if (error.name !== "AbortError") {
          onTrouble("This browser cannot play the recording; the timeline is not affected.");
        }
      }
    },
    pause() {
      audio.pause();
    },
    get playing() {
      return !audio.paused;
    },
  };
}
