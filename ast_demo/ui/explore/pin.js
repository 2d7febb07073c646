// @ts-check
// How much height the picture takes: it stays in sight, smaller, while one works below it.

const MOST_HEIGHT = 0.45; // of the window, for the picture: controls stay in sight below it
const PINNED_HEIGHT = 0.34; // once the page has scrolled on and the picture stays at its top
const LEAST_WINDOW = 560; // CSS pixels; a lower window has no room for a picture that stays
const PRESENT_SCALE = 1.75; // of the type, for the last row of a room
const PRESENT_REST = 260; // CSS pixels for what stands around a presented picture

/**
 * Watch whether the picture stays at the top of the window because the page has scrolled on.
 * @param {HTMLElement} root
 * @param {HTMLElement} sentinel an empty element just above the picture
 * @param {() => boolean} isFilled whether there is a picture
 * @param {() => void} onChange
 * @returns {() => boolean}
 */
export function watchPin(root, sentinel, isFilled, onChange) {
  let pinned = false;
  new IntersectionObserver(([entry]) => {
    const above = entry.boundingClientRect.top < 0 && !entry.isIntersecting;
    const stays = above && innerHeight >= LEAST_WINDOW && isFilled();
    if (stays === pinned) return;
    pinned = stays;
    root.dataset.pinned = String(pinned);
    onChange();
  }).observe(sentinel);
  return () => pinned;
}

/**
 * The room that the window spares for the picture, as `makeView` takes it.
 * @param {boolean} isPinned
 * @param {boolean} isPresented
 */
export function pictureRoom(isPinned, isPresented) {
  if (isPresented) return { most: innerHeight - PRESENT_REST, scale: PRESENT_SCALE, tall: true };
  return { most: (isPinned ? PINNED_HEIGHT : MOST_HEIGHT) * innerHeight, scale: 1, tall: false };
}
