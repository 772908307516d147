// Posts: who holds which role at an area, on a day; and what a grid head is called at each level. Pure.
// Twin: webapp/care/posts.py; vectors: tests/vectors/posts.json.

const ORDER = [
  "grid_head",
  "station_head",
  "cadre",
  "volunteer",
  "clinician",
  "counsellor",
  "teacher",
  "police",
  "supervisor",
];

/** What a grid head is called at each level. */
export const HEADS = { grid: "网格格长", village: "村级格长", township: "乡镇格长", county: "县级格长" };

/** Whether a post, or somebody's membership, is held today: its last day counts, too. */
export const isServing = ({ from: begins, until: ends }, today) =>
  !(begins && begins > today) && !(ends && ends < today);

/** Where a role stands in a list of people: heads first; one that is unknown comes last. */
export const roleOrder = (role) => (ORDER.includes(role) ? ORDER.indexOf(role) : ORDER.length);
