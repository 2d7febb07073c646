// What the tests of the modules assert with; nothing is fetched from a network.

export function equal(found, expected, what = "value") {
  const [left, right] = [found, expected].map((value) => JSON.stringify(value));
  if (left !== right) throw new Error(`${what} is ${left}, expected ${right}`);
}

export function close(found, expected, tolerance = 1e-6, what = "value") {
  if (!(Math.abs(found - expected) <= tolerance)) {
    throw new Error(`${what} is ${found}, expected ${expected} within ${tolerance}`);
  }
}

export function ok(condition, what) {
  if (!condition) throw new Error(what);
}
