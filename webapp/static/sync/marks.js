// A character for each small number, none of which JSON has to escape: # to ~ without the backslash, then from ¡. Pure.
// Twin: sync/marks.py.

/** The character of a number. */
export function mark(place) {
  const code = 35 + place + (35 + place >= 92 ? 1 : 0);
  return String.fromCharCode(code >= 127 ? code + 34 : code);
}

/** The number of a character, given by its code. */
export function placeOf(code) {
  const whole = code >= 161 ? code - 34 : code;
  return whole - 35 - (whole > 92 ? 1 : 0);
}
