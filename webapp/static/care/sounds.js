// How a name sounds, without tones and as several dialects hear it: for finding twins, never for printing. Pure.
// sounds.json gives one reading for each character of GB 2312, in the order of that set.
// Twin: webapp/care/sounds.py; vectors: tests/vectors/sounds.json.

import data from "../../care/sounds.json" with { type: "json" };

let table = null;

/** How somebody's name may sound: by the readings the server gave, else by the table; sorted. */
export function soundsOf(fields) {
  const spelled = fields.pinyin?.length ? fields.pinyin : spellName(fields.name ?? "");
  return [...new Set(spelled.map(foldSound))].sort();
}

/** The likely readings of a name, ["wang xiao ming"]; none where a character has no sound. */
export function spellName(name) {
  table ??= readTable();
  const characters = [...name].filter((character) => !/\s/u.test(character));
  const read = characters.map((character) => table.get(character) ?? "");
  if (!read.length || read.includes("")) return [];
  const surname = Object.hasOwn(data.surnames, characters[0]) ? data.surnames[characters[0]] : read[0];
  return [...new Set([surname, read[0]].map((first) => [first, ...read.slice(1)].join(" ")))].sort();
}

/** A reading as the south hears it: zh, ch, sh as z, c, s; a final -ng as -n; without blanks. */
export const foldSound = (spelled) =>
  spelled
    .replaceAll(/([zcs])h/g, "$1")
    .replaceAll(/ng\b/g, "n")
    .replaceAll(" ", "");

function readTable() {
  const decoder = new TextDecoder("gb2312");
  const syllables = data.syllables.split(" ");
  const found = new Map();
  let number = 0;
  for (let row = 0xb0; row < 0xf8; row += 1) {
    for (let cell = 0xa1; cell < 0xff; cell += 1) {
      const index = data.places.slice(2 * number, 2 * number + 2);
      number += 1;
      if (index.trim()) found.set(decoder.decode(new Uint8Array([row, cell])), syllables[Number.parseInt(index, 36)]);
    }
  }
  return found;
}
