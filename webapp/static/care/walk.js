// The order one walks in: names of groups and doors compared as people count them. Pure.
// "4号附1" is "000004号附000001". Twin: webapp/care/walk.py; vectors: tests/vectors/walk.json.

const DIGITS = "零一二三四五六七八九";
const UNITS = { 十: 10, 百: 100 };
const NUMBER = /[0-9]{1,6}|[零〇一二两三四五六七八九十百]{1,7}/g;

/** A text that compares by code point as people count. */
export const naturalText = (text) =>
  text.normalize("NFKC").replace(NUMBER, (found) => String(/^[0-9]/.test(found) ? Number(found) : chinese(found)).padStart(6, "0"));

/** 十二 is 12, 二十 20, 一百零三 103; 二〇 is read digit by digit, 20. */
function chinese(text) {
  const plain = text.replaceAll("〇", "零").replaceAll("两", "二");
  if (![...plain].some((each) => UNITS[each])) return Number([...plain].map((each) => DIGITS.indexOf(each)).join(""));
  let [total, digit] = [0, 0];
  for (const each of plain) {
    if (UNITS[each]) {
      total += Math.max(digit, 1) * UNITS[each];
      digit = 0;
    } else digit = DIGITS.indexOf(each);
  }
  return total + digit;
}
