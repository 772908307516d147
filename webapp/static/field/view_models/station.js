// A station with its activity rooms and when they are open. Twin: webapp/field/view_models/station.py.

import { hoursWords, isOpen } from "../../care/hours.js";
import { head } from "./frame.js";
import { call } from "./household.js";
import { byKeys } from "./shelf.js";
import { joinWords } from "./words.js";

const FOR = { child: "儿童", woman: "妇女", elder: "老人" };

/** The page of an area's station; null where the book has none there. */
export function stationView(book, area, now, t) {
  const station = (book.stations ?? []).find((row) => row.area === area);
  if (!station) return null;
  const { name = "", address = "", phone = "", head: leader = "" } = station.fields;
  const led = leader ? t("站长 %(name)s", { name: leader }) : "";
  const rooms = (book.rooms ?? []).filter((row) => row.area === area);
  rooms.sort(byKeys((row) => [placeOf(row), row.fields.name ?? "", row.id]));
  return {
    head: head(name, { sub: joinWords([address, led]), back: "/field/households", back_text: t("住户") }),
    calls: phone ? [call(t("服务站"), phone)] : [],
    has_calls: Boolean(phone),
    rooms: rooms.map((row) => roomOf(row, now, t)),
    no_rooms: !rooms.length,
  };
}

function roomOf({ fields }, now, t) {
  const kind = fields.for ?? "";
  const hours = (fields.hours ?? []).map(String);
  const opened = isOpen(hours, now);
  return {
    name: fields.name ?? "",
    detail: joinWords([Object.hasOwn(FOR, kind) ? t(FOR[kind]) : "", fields.address ?? ""]),
    hours: hours.map((line) => hoursWords(line, t)),
    no_hours: !hours.length,
    is_open: opened,
    state: opened ? t("现在开着") : t("现在没开"),
  };
}

function placeOf({ fields }) {
  const place = Object.keys(FOR).indexOf(fields.for ?? "");
  return place < 0 ? Object.keys(FOR).length : place;
}
