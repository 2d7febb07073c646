// @ts-check
// Axes, bars and lines of the pictures that are no spectrograms.

/**
 * @typedef {{ left: number, top: number, width: number, height: number }} Box
 * @typedef {{ from: number, to: number, ticks?: any[][], title?: string,
 *     scale?: (value: number) => number }} Axis
 */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Record<string, string>} colours
 * @param {Box} box of the plot itself, axes outside of it
 * @param {Axis} across
 * @param {Axis} upward
 */
export function makePlot(context, colours, box, across, upward) {
  const place = ({ from, to, scale = (value) => value }, start, length) => {
    const [low, high] = [scale(from), scale(to)];
    return (value) => start + ((scale(value) - low) / (high - low || 1)) * length;
  };
  const x = place(across, box.left, box.width);
  const y = place(upward, box.top + box.height, -box.height);

  function axes() {
    context.font = colours.font;
    context.lineWidth = 1;
    context.strokeStyle = colours.line;
    context.strokeRect(box.left - 0.5, box.top - 0.5, box.width + 1, box.height + 1);
    context.textBaseline = "top";
    for (const [value, text] of across.ticks ?? []) tickBelow(Math.round(x(value)), text);
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const [value, text] of upward.ticks ?? []) tickBeside(Math.round(y(value)), text);
    context.textAlign = "left";
    context.textBaseline = "bottom";
    if (upward.title) context.fillText(upward.title, box.left, box.top - 4);
  }

  function tickBelow(at, text) {
    context.fillStyle = colours.line;
    context.fillRect(at, box.top + box.height, 1, 4);
    context.fillStyle = colours.muted;
    const half = context.measureText(text).width / 2;
    context.textAlign = "center";
    context.fillText(
      text,
      Math.min(at, box.left + box.width + 16 - half),
      box.top + box.height + 7,
    );
  }

  function tickBeside(at, text) {
    context.fillStyle = colours.line;
    context.fillRect(box.left - 5, at, 4, 1);
    context.fillStyle = colours.muted;
    context.fillText(text, box.left - 8, at);
  }

  function clipped(draw) {
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    context.clip();
    draw();
    context.restore();
  }

  return {
    x,
    y,
    axes,
    clipped,
    /** Values at places 0, 1, 2 ...; or at the places given. */
    line(values, colour, width = 1.5, at = (index) => index) {
      clipped(() => {
        context.beginPath();
        for (let i = 0; i < values.length; i++) context.lineTo(x(at(i)), y(values[i]));
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.stroke();
      });
    },
    bars(values, colourOf, base = upward.from, at = (index) => [index, index + 1]) {
      clipped(() => {
        for (let i = 0; i < values.length; i++) {
          const [start, end] = at(i).map(x);
          const [foot, top] = [y(base), y(values[i])];
          context.fillStyle = colourOf(i);
          const gap = end - start > 4 ? 1 : 0;
          context.fillRect(
            start,
            Math.min(foot, top),
            Math.max(0.7, end - start - gap),
            Math.abs(foot - top),
          );
        }
      });
    },
  };
}

/** Round numbers that cut a range in a few parts. @returns {number[]} */
export function roundTicks(from, to, most = 6) {
  const rough = (to - from) / most || 1;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((each) => each >= rough - 1e-12);
  const ticks = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++) {
    ticks.push(i * step + 0); // not -0
  }
  return ticks;
}

/** @returns {any[][]} */
export const hertzTicks = (nyquist, even) =>
  (even
    ? [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000]
    : [125, 250, 500, 1000, 2000, 4000, 8000])
    .filter((hertz) => hertz <= nyquist)
    .map((hertz, tick) => [
      hertz,
      (hertz < 1000 ? String(hertz) : `${hertz / 1000}k`) + (tick === 0 ? " Hz" : ""),
    ]);
