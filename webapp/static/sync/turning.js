// Long texts turned back: each letter was put where what follows it is alike, and said as how long ago it was last said
// (Burrows and Wheeler 1994). Pure. Twin: sync/turning.py, which also turns; vectors: tests/vectors/turning.json.

import { placeOf } from "./marks.js";

/** The text of {turned, letters}. */
export function turnBack({ turned, letters }) {
  const recent = [...letters];
  const order = [...recent].sort((a, b) => a.codePointAt(0) - b.codePointAt(0));
  const number = new Map(order.map((letter, place) => [letter, place]));
  const counts = new Uint32Array(order.length);
  const last = new Uint32Array(turned.length);
  const ranks = new Uint32Array(turned.length);
  for (let place = 0; place < turned.length; place += 1) {
    const [letter] = recent.splice(placeOf(turned.charCodeAt(place)), 1);
    recent.unshift(letter);
    last[place] = number.get(letter);
    ranks[place] = counts[last[place]];
    counts[last[place]] += 1;
  }
  const starts = new Uint32Array(order.length);
  for (let each = 1; each < order.length; each += 1) starts[each] = starts[each - 1] + counts[each - 1];
  const text = new Array(turned.length - 1);
  for (let place = text.length - 1, row = 0; place >= 0; place -= 1) {
    text[place] = order[last[row]];
    row = starts[last[row]] + ranks[row];
  }
  return text.join("");
}
