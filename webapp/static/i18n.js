// Messages in the reader's language. Msgids are Chinese; a catalogue maps them to another language.

/** A translator over a catalogue (msgid → message); %(name)s is filled from `values`. */
export const makeTranslator =
  (catalogue = {}) =>
  (msgid, values = {}) =>
    (catalogue[msgid] || msgid).replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole);
