// The trace player: three linked views of a recorded trace, played in virtual time.
// It draws what the trace says and computes no behaviour; faults are asked for, Python answers with a new branch.
// In reading order: the trace, its words, its geometry, the painters, the views, the player.

// ---------------------------------------------------------------------------------------------- the trace

/** @typedef {{meta: any, n: number, time: Float64Array, cause: Int32Array, message: Int32Array, text: Int32Array,
 *   agent: Uint16Array, peer: Uint16Array, name: Uint16Array, kind: Uint8Array, code: Object<string, number>,
 *   until: number, spans: Spans[], arrows: Arrows, marks: Int32Array}} Trace
 *  @typedef {{from: number[], role: number[]}} Spans  lane segments of one agent: a role holds until the next begins
 *  @typedef {{count: number, send: Int32Array, end: Int32Array, t0: Float64Array, t1: Float64Array, from: Uint16Array,
 *   to: Uint16Array, name: Uint16Array, fate: Uint8Array, copy: Uint8Array, soonest: Float64Array, of: Map}} Arrows */

const COLUMNS = [["time", Float64Array], ["cause", Int32Array], ["message", Int32Array], ["text", Int32Array],
  ["agent", Uint16Array], ["peer", Uint16Array], ["name", Uint16Array], ["kind", Uint8Array]];
const EVENT_BYTES = COLUMNS.reduce((sum, [, Type]) => sum + Type.BYTES_PER_ELEMENT, 0);
const NOBODY = 65535;
/** Roles that are no state: the agent has crashed; it has not joined yet. */
export const DOWN = -1, ABSENT = -2;
/** What became of a message. */
export const ARRIVED = 0, LOST = 1, CUT = 2, UNHEARD = 3, DROPPED = 4, UNDERWAY = 5;
const FATES = ["arrived", "lost", "cut", "down", "dropped", "still under way at the end"];
const MARKED = ["crash", "restart", "note", "decision"];

/** One branch as it came over the wire, with everything the views ask for prepared. @returns {Trace} */
export function decode({ meta, columns }) {
  const trace = readColumns(meta, columns);
  trace.spans = lanes(trace);
  trace.arrows = arrows(trace);
  const marked = new Set(MARKED.map((kind) => trace.code[kind]));
  trace.marks = Int32Array.from(trace.kind.keys()).filter((seq) => marked.has(trace.kind[seq]));
  return trace;
}

function readColumns(meta, columns) {
  // what arrives may begin at any byte of a larger buffer: copy, then look at it as columns
  const bytes = columns.buffer.slice(columns.byteOffset, columns.byteOffset + columns.byteLength);
  const n = meta.count, trace = { meta, n };
  if (bytes.byteLength !== n * EVENT_BYTES) {
    throw new Error(`the trace promises ${n} events, its columns hold ${bytes.byteLength / EVENT_BYTES}`);
  }
  let offset = 0;
  for (const [key, Type] of COLUMNS) {
    trace[key] = new Type(bytes, offset, n);
    offset += trace[key].byteLength;
  }
  trace.code = Object.fromEntries(meta.kinds.map((kind, code) => [kind, code]));
  trace.until = Math.max(meta.until, n ? trace.time[n - 1] : 0, 1e-6);
  return trace;
}

/** Position of the first entry greater than `x` in an ascending column. */
export function upper(column, x) {
  let low = 0, high = column.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (column[middle] <= x) low = middle + 1; else high = middle;
  }
  return low;
}

/** Position of the first entry not less than `x` in an ascending column. */
export function lower(column, x) {
  let low = 0, high = column.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (column[middle] < x) low = middle + 1; else high = middle;
  }
  return low;
}

/** For each agent the roles it goes through. @returns {Spans[]} */
export function lanes(trace) {
  const { meta, n, kind, agent, code } = trace;
  const begins = new Map(meta.begins), roles = new Map(meta.roles.map((role, i) => [role, i]));
  const shown = meta.shows.map((state) => (state === null ? NOBODY : meta.names.indexOf(state)));
  const spans = meta.agents.map(() => ({ from: [0], role: [ABSENT] }));
  for (let i = 0; i < n; i++) {
    const k = kind[i], a = agent[i];
    if (k === code.start || k === code.restart) turn(spans[a], trace.time[i], begins.get(i) ?? ABSENT);
    else if (k === code.crash) turn(spans[a], trace.time[i], DOWN);
    else if (k === code.state && trace.name[i] === shown[a]) {
      turn(spans[a], trace.time[i], roles.get(meta.texts[trace.text[i]]) ?? ABSENT);
    }
  }
  return spans;
}

function turn(span, time, role) {
  const last = span.from.length - 1;
  if (span.role[last] === role) return;
  if (span.from[last] === time) span.role[last] = role;
  else { span.from.push(time); span.role.push(role); }
}

/** The role of agent `a` at time `t`: a position in meta.roles, DOWN or ABSENT. */
export function roleAt(trace, a, t) {
  const span = trace.spans[a];
  return span.role[Math.max(0, upper(span.from, t) - 1)];
}

/** The word for a role. */
export const roleName = (trace, role) => (role === DOWN ? "down" : role === ABSENT ? "" : trace.meta.roles[role]);

/** Every journey of a message, in order of ending; a duplicated message makes two. @returns {Arrows} */
export function arrows(trace) {
  const { n, kind, message, time, code } = trace;
  const sent = new Map(), of = new Map(), list = [];
  for (let i = 0; i < n; i++) {
    const k = kind[i], id = message[i];
    if (k === code.send) sent.set(id, i);
    else if (sent.has(id) && (k === code.deliver || k === code.drop || (k === code.late && !of.has(id)))) {
      list.push([sent.get(id), i, fateOf(trace, i), of.has(id) ? 1 : 0]);
      of.set(id, list.length - 1);
    }
  }
  for (const [id, i] of sent) {
    if (of.has(id)) continue;
    list.push([i, -1, UNDERWAY, 0]);
    of.set(id, list.length - 1);
  }
  return arrowColumns(trace, list, of, (end) => (end < 0 ? trace.until : time[end]));
}

function fateOf({ kind, code, meta, text }, i) {
  if (kind[i] !== code.drop) return ARRIVED;
  const fate = FATES.indexOf(meta.texts[text[i]]);
  return fate < 0 ? LOST : fate;
}

function arrowColumns(trace, list, of, endTime) {
  const pick = (Type, value) => Type.from(list, value);
  const columns = {
    count: list.length, of,
    send: pick(Int32Array, ([send]) => send),
    end: pick(Int32Array, ([, end]) => end),
    t0: pick(Float64Array, ([send]) => trace.time[send]),
    t1: pick(Float64Array, ([, end]) => endTime(end)),
    from: pick(Uint16Array, ([send]) => trace.agent[send]),
    to: pick(Uint16Array, ([send]) => trace.peer[send]),
    name: pick(Uint16Array, ([send]) => trace.name[send]),
    fate: pick(Uint8Array, ([, , fate]) => fate),
    copy: pick(Uint8Array, ([, , , copy]) => copy),
  };
  columns.soonest = columns.t0.slice();
  for (let i = list.length - 2; i >= 0; i--) {
    columns.soonest[i] = Math.min(columns.soonest[i], columns.soonest[i + 1]);
  }
  return columns;
}

/** The arrows that may touch [a, b], as positions [first, last): they end at a or later, and one of the rest begins by b. */
export const between = (arrows, a, b) => [lower(arrows.t1, a), upper(arrows.soonest, b)];

/** The arrows under way at time `t`. */
export function inFlight(arrows, t) {
  const [first, last] = between(arrows, t, t), found = [];
  for (let i = first; i < last; i++) if (arrows.t0[i] <= t && t < arrows.t1[i]) found.push(i);
  return found;
}

/** The arrow that event `seq` belongs to, -1 if to none. */
export function arrowOf(trace, seq) {
  if (seq < 0 || trace.message[seq] < 0) return -1;
  const { arrows, time } = trace;
  for (let i = lower(arrows.t1, time[seq]); i < arrows.count && arrows.t1[i] === time[seq]; i++) {
    if (arrows.end[i] === seq) return i;
  }
  return arrows.of.get(trace.message[seq]) ?? -1;
}

/** The chain of causes that led to event `seq`, the first cause first, `seq` last. */
export function past(trace, seq) {
  const chain = [];
  for (let i = seq; i >= 0 && chain.length <= trace.n; i = trace.cause[i]) chain.push(i);
  return chain.reverse();
}

/** The next event of agent `a` after (step 1) or before (step -1) event `seq`; `seq` itself if there is none. */
export function neighbour(trace, seq, a, step) {
  for (let i = seq + step; i >= 0 && i < trace.n; i += step) if (trace.agent[i] === a) return i;
  return seq;
}

/** The events that contain every word of `query`, in kind, agent, peer, name, text or #message; null: no query. */
export function search(trace, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const tests = words.map((word) => wordTest(trace, word));
  const found = [];
  for (let i = 0; i < trace.n; i++) if (tests.every((test) => test(i))) found.push(i);
  return Int32Array.from(found);
}

function wordTest({ meta, kind, agent, peer, name, text, message }, word) {
  if (/^#\d+$/.test(word)) return (i) => message[i] === Number(word.slice(1));
  // the tables are searched once; a row then only looks its numbers up
  const [kinds, agents, names, texts] = [meta.kinds, meta.agents, meta.names, meta.texts].map(
    (table) => Uint8Array.from(table, (entry) => (entry.toLowerCase().includes(word) ? 1 : 0)));
  return (i) => kinds[kind[i]] || agents[agent[i]] || agents[peer[i]] || names[name[i]] || texts[text[i]];
}

/** The event nearest to what event `seq` of `before` was: same moment, agent and kind; -1 if it did not happen here. */
export function sameEvent(before, seq, after) {
  const like = (i) => after.time[i] === before.time[seq] && after.kind[i] === before.kind[seq]
    && after.meta.agents[after.agent[i]] === before.meta.agents[before.agent[seq]]
    && after.meta.names[after.name[i]] === before.meta.names[before.name[seq]];
  if (seq < after.n && like(seq)) return seq;
  for (let i = lower(after.time, before.time[seq]); i < after.n && after.time[i] === before.time[seq]; i++) {
    if (like(i)) return i;
  }
  return -1;
}

/** Message types that fill the whole run, such as heartbeats: drawn faintly, so that the rest stands out. */
export function background({ arrows, until }) {
  const bins = new Map();
  for (let i = 0; i < arrows.count; i++) {
    const seen = bins.get(arrows.name[i]) ?? { count: 0, bins: new Set() };
    seen.count += 1;
    seen.bins.add(Math.floor((20 * arrows.t0[i]) / until));
    bins.set(arrows.name[i], seen);
  }
  const steady = [...bins].filter(([, seen]) => seen.bins.size >= 12 && seen.count >= arrows.count / 4);
  return new Set(bins.size - steady.length >= 2 ? steady.map(([name]) => name) : []);
}

/** Seconds rounded to whole microseconds, as the world counts them. */
export const micro = (t) => Math.round(t * 1e6) / 1e6;

/** The faults a learner can ask for, in the terms of the scenario. */
export const FAULTS = {
  crash: (agent, at) => ({ kind: "Crash", agent, at: micro(at) }),
  restart: (agent, at) => ({ kind: "Restart", agent, at: micro(at) }),
  slow: (who, by, at) => ({ kind: "Slow", who, by: micro(by), at: micro(at) }),
  cut: (from, to, at) => ({ kind: "Cut", link: `${from}>${to}`, at: micro(at) }),
  partition: (groups, at) => ({ kind: "Partition", groups, at: micro(at) }),
  drop: (message) => ({ kind: "Drop", message }),
  delay: (message, by) => ({ kind: "Delay", message, by: micro(by) }),
  duplicate: (message) => ({ kind: "Duplicate", message }),
};

// ---------------------------------------------------------------------------------------------- its words

/** A moment in words. */
export const seconds = (t) => `${t.toFixed(3)} s`;

/** Event `seq` with its words looked up. */
export function event(trace, seq) {
  const { meta } = trace;
  const word = (table, i) => table[i] ?? null;
  return {
    seq, time: trace.time[seq], kind: meta.kinds[trace.kind[seq]],
    agent: word(meta.agents, trace.agent[seq]), peer: word(meta.agents, trace.peer[seq]),
    name: word(meta.names, trace.name[seq]), text: word(meta.texts, trace.text[seq]),
    message: trace.message[seq] < 0 ? null : trace.message[seq], cause: trace.cause[seq],
  };
}

/** Event `seq` as a sentence, in pieces [tag, text]: b the time, i an utterance, span the rest. */
export function sentence(trace, seq) {
  const row = event(trace, seq);
  const template = trace.meta.templates[row.kind] ?? "{agent} {kind} {name} {peer} {data}";
  const words = { ...row, data: row.text };
  const pieces = template.replace(/[“"]\{says\}[”"]/, "{says}").split(/(\{\w+\})/).filter(Boolean).map((piece) => {
    const key = /^\{(\w+)\}$/.exec(piece)?.[1];
    if (key === "says") return utterance(trace, row);
    return ["span", key ? String(words[key] ?? "") : piece];
  });
  return [["b", seconds(row.time)], ["span", " · "], ...pieces.filter(([, text]) => text)];
}

function utterance(trace, row) {
  const says = trace.meta.says[row.name];
  return says ? ["i", `“${says}”`] : ["i", row.text ?? row.name ?? ""];
}

/** The pieces of a sentence as plain text. */
export const plain = (pieces) => pieces.map(([, text]) => text).join("").replace(/\s+/g, " ").trim();

/** What the picture shows, for those who do not see it. */
export function summary(trace, [a, b], t) {
  const [first, last] = between(trace.arrows, a, b);
  let shown = 0, lost = 0;
  for (let i = first; i < last; i++) {
    if (trace.arrows.t0[i] > b) continue;
    shown += 1;
    if (trace.arrows.fate[i] !== ARRIVED && trace.arrows.fate[i] !== UNDERWAY) lost += 1;
  }
  const roles = trace.meta.agents.map((name, i) => `${name} ${roleName(trace, roleAt(trace, i, t)) || "absent"}`);
  return `${trace.meta.agents.length} agents, ${a.toFixed(2)} to ${b.toFixed(2)} of ${trace.until.toFixed(2)} seconds, `
    + `${shown} messages, ${lost} of them not delivered. At ${seconds(t)}: ${roles.slice(0, 12).join(", ")}.`;
}

/** The label of a fault in the diagram: its scenario text without the time. */
export const faultLabel = (fault) => fault.text.replace(/ @[\d.]+$/, "").replace(/[/]/g, " / ");

/** A speed in words: virtual seconds a second. */
export const speedName = (speed) => (speed < 1 ? `1/${Math.round(1 / speed)} ×` : `${speed} ×`);

const SPEEDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
const NO_KERNEL = "needs a running kernel; this page is a recording";
const VERDICTS = { holds: ["check", "holds"], violated: ["cross", "violated"], undecided: ["help", "undecided"] };
const KEYS = [
  ["Space", "play or pause"], ["← →", "previous, next event"],
  ["Shift + ← →", "the same on the selected agent, else ten events"], ["↑ ↓", "select an agent"],
  ["Home End", "start, end of the run"], ["+ − 0", "zoom in, out, fit the whole run"],
  ["Page Up, Page Down", "move the window"], ["[ ]", "slower, faster"], ["L", "loop what is on screen"],
  ["V", "next view"], ["Enter", "menu of the selected agent or message"], ["Esc", "let go of the selection"],
  ["C R", "crash, restart the selected agent"], ["S P", "slow it down, partition"], ["X", "cut the selected link"],
  ["D E", "drop, delay the selected message"], ["B", "branch here"], ["U, Ctrl + Z", "undo"], ["?", "this help"],
];

// ---------------------------------------------------------------------------------------------- its geometry

/** Round numbers between a and b, about `most` of them, and how many decimals they need. */
export function ticks(a, b, most) {
  const rough = Math.max(b - a, 1e-9) / Math.max(1, most), power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const at = [];
  for (let k = Math.ceil(a / step - 1e-9); k * step <= b + step * 1e-9; k++) at.push(k * step + 0);
  return { at, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

/** For items {x, w} from left to right the first row where each fits beside those before it; -1 if in none. */
export function stack(items, rows, gap = 6) {
  const ends = new Array(rows).fill(-Infinity);
  return items.map(({ x, w }) => {
    const row = ends.findIndex((end) => end + gap <= x);
    if (row >= 0) ends[row] = x + w;
    return row;
  });
}

/** The window [a, b] moved and clipped into [0, until], no narrower than `least`. */
export function clampWindow([a, b], until, least = until * 1e-5) {
  const width = Math.min(until, Math.max(b - a, least));
  const start = Math.max(0, Math.min(a, until - width));
  return [start, start + width];
}

/** Zoomed by `factor` about time `t`. */
export const zoomed = ([a, b], factor, t) => [t - (t - a) * factor, t + (b - t) * factor];

/** A first window that can be read: the whole run if short, else about 120 events of it. */
export function firstWindow(trace) {
  if (trace.meta.focus) return clampWindow(trace.meta.focus, trace.until);
  if (trace.n <= 160) return [0, trace.until];
  const width = Math.max(trace.time[120] - trace.time[0], (trace.until * 120) / trace.n);
  return clampWindow([0, width], trace.until);
}

/** How far point (px, py) is from the segment (x0, y0)-(x1, y1). */
export function distance(px, py, x0, y0, x1, y1) {
  const dx = x1 - x0, dy = y1 - y0;
  const u = Math.max(0, Math.min(1, ((px - x0) * dx + (py - y0) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(px - x0 - u * dx, py - y0 - u * dy);
}

// ---------------------------------------------------------------------------------------------- the painters

const COLOURS = ["bg", "ink", "soft", "line", "panel", "accent", "bad", "good", "down",
  ...Array.from({ length: 8 }, (_, i) => `role${i}`), ...Array.from({ length: 7 }, (_, i) => `type${i}`)];
const DASHES = [[], [6, 3], [], [8, 3, 2, 3], [3, 2], [11, 4], [2, 2]];
const WIDTHS = [1.5, 1.4, 2.3, 1.5, 1.6, 1.5, 1.8];

/** Colours and fonts of the theme in force, resolved by the browser. */
function readTheme(root) {
  const probe = h("i", { hidden: true });
  root.append(probe);
  const theme = { font: getComputedStyle(root).fontFamily };
  for (const name of COLOURS) {
    probe.style.color = `var(--cl-${name})`;
    theme[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return theme;
}

/** Black or white, whichever can be read on the colour. */
export function inkOn(colour) {
  const [r, g, b] = (colour.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#15191d" : "#ffffff";
}

/** Numbers labels in order of first use, and keeps the number: a colour means the same in every branch. */
class Numbering {
  constructor() { this.numbers = new Map(); }
  of(label) {
    if (!this.numbers.has(label)) this.numbers.set(label, this.numbers.size);
    return this.numbers.get(label);
  }
}

/** How roles and message types look: colour, and pattern or dash, by label. */
class Looks {
  constructor() {
    Object.assign(this, { roles: new Numbering(), types: new Numbering(), faint: new Set(), tiles: new Map() });
  }

  /** Looks go by name, so that they are the same from run to run; the roles agents start in get the quiet ones. */
  meet(trace) {
    inOrder(trace.meta).forEach((role) => this.roles.of(role));
    const faint = background(trace), sent = [...new Set(trace.arrows.name)];
    for (const name of sent.sort((a, b) => (trace.meta.names[a] < trace.meta.names[b] ? -1 : 1))) {
      const label = trace.meta.names[name];
      if (faint.has(name) && !this.types.numbers.has(label)) this.faint.add(label);
      if (!this.faint.has(label)) this.types.of(label);
    }
  }

  use(theme) { this.theme = theme; this.tiles.clear(); }

  role(label) {
    const i = this.roles.of(label) % 8;
    return { fill: this.theme[`role${i}`], pattern: i, ink: inkOn(this.theme[`role${i}`]) };
  }

  type(label) {
    if (this.faint.has(label)) return { colour: this.theme.soft, dash: [1.5, 3], width: 1, faint: true };
    const i = this.types.of(label), turn = Math.floor(i / 7);
    return { colour: this.theme[`type${i % 7}`], dash: DASHES[(i + turn) % 7], width: WIDTHS[(i + turn) % 7] };
  }

  /** A repeating pattern, so that roles differ without colour. */
  tile(ctx, pattern, ink) {
    const key = `${pattern} ${ink}`, ratio = window.devicePixelRatio || 1;
    if (!this.tiles.has(key)) this.tiles.set(key, ctx.createPattern(drawTile(pattern, ink, ratio), "repeat"));
    const tile = this.tiles.get(key);
    tile.setTransform(new DOMMatrix().scale(1 / ratio));
    return tile;
  }
}

/** The roles: those that agents start in as they come, the others by name. */
export function inOrder(meta) {
  const first = [...new Set(meta.begins.map(([, role]) => meta.roles[role]))];
  return [...first, ...meta.roles.filter((role) => !first.includes(role)).sort()];
}

function drawTile(pattern, ink, ratio) {
  const size = 8, tile = document.createElement("canvas"), ctx = tile.getContext("2d");
  tile.width = tile.height = size * ratio;
  ctx.scale(ratio, ratio);
  ctx.strokeStyle = ctx.fillStyle = ink;
  ctx.lineWidth = 1.1;
  const strokes = {
    2: ["M2 0V8", "M6 0V8"], 3: ["M-1 9L9 -1", "M-1 1L1 -1", "M7 9L9 7"], 5: ["M0 2H8", "M0 6H8"],
    6: ["M-1 -1L9 9", "M7 -1L9 1", "M-1 7L1 9"], 7: ["M0 4H8", "M4 0V8"], down: ["M-1 9L9 -1", "M-1 1L1 -1", "M7 9L9 7"],
  };
  for (const path of strokes[pattern] ?? []) ctx.stroke(new Path2D(path));
  if (pattern === 4) for (const [x, y] of [[2, 2], [6, 6]]) ctx.fill(new Path2D(`M${x - 1} ${y - 1}h2v2h-2z`));
  return tile;
}

/** Fill the rectangle in the look of a role. */
function fillRole(ctx, looks, label, role, x, y, w, height) {
  if (role === ABSENT) return;
  const { fill, pattern, ink } = role === DOWN
    ? { fill: looks.theme.down, pattern: "down", ink: looks.theme.soft } : looks.role(label);
  ctx.fillStyle = fill;
  ctx.fillRect(x, y, w, height);
  if (pattern === 0 || pattern === 1 || w < 2) return;
  ctx.globalAlpha *= role === DOWN ? 0.75 : 0.3;
  ctx.fillStyle = looks.tile(ctx, pattern, ink);
  ctx.fillRect(x, y, w, height);
  ctx.globalAlpha = 1;
}

function fit(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 0 && ctx.measureText(`${text.slice(0, end)}…`).width > width) end--;
  return end > 0 ? `${text.slice(0, end)}…` : "";
}

function haloText(ctx, text, x, y, ink, halo) {
  ctx.lineJoin = "round";
  ctx.lineWidth = 3;
  ctx.strokeStyle = halo;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = ink;
  ctx.fillText(text, x, y);
}

function line(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

function addHead(path, x0, y0, x1, y1, size) {
  const angle = Math.atan2(y1 - y0, x1 - x0);
  path.moveTo(x1, y1);
  path.lineTo(x1 - size * Math.cos(angle - 0.42), y1 - size * Math.sin(angle - 0.42));
  path.lineTo(x1 - size * Math.cos(angle + 0.42), y1 - size * Math.sin(angle + 0.42));
  path.closePath();
}

function addCross(path, x, y, r) {
  path.moveTo(x - r, y - r);
  path.lineTo(x + r, y + r);
  path.moveTo(x + r, y - r);
  path.lineTo(x - r, y + r);
}

function dot(ctx, x, y, r, fill, edge) {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 7);
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.strokeStyle = edge;
  ctx.lineWidth = 1.5;
  ctx.stroke();
}

/** A canvas as sharp as the screen: painted in CSS pixels. */
class Surface {
  constructor(label) {
    this.canvas = h("canvas", { role: "img", "aria-label": label });
    this.ctx = this.canvas.getContext("2d");
    this.base = document.createElement("canvas");
  }

  /** Take the size; true when it can be painted. */
  size(width, height) {
    const ratio = window.devicePixelRatio || 1;
    [this.W, this.H, this.ratio] = [Math.max(1, Math.floor(width)), Math.max(1, Math.floor(height)), ratio];
    for (const canvas of [this.canvas, this.base]) {
      const [w, high] = [Math.round(this.W * ratio), Math.round(this.H * ratio)];
      if (canvas.width !== w || canvas.height !== high) [canvas.width, canvas.height, this.key] = [w, high, null];
    }
    this.canvas.style.height = `${this.H}px`;
  }

  /** Paint what stands still once, until `key` changes; then put it on the screen. */
  still(key, paint) {
    if (key !== this.key) {
      const ctx = this.base.getContext("2d");
      this.clear(ctx);
      paint(ctx);
      this.key = key;
    }
    this.clear(this.ctx);
    this.ctx.drawImage(this.base, 0, 0, this.W, this.H);
  }

  clear(ctx) {
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.W, this.H);
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
  }
}

const MOST_ARROWS = 5000, PLAIN_ARROWS = 1200, RAIL = 17, AXIS = 22, PAD = 14;

/** The space-time diagram: time to the right, a lane an agent, an arrow a journey of a message. */
class Diagram extends Surface {
  constructor(player, caption = "") { super("space-time diagram"); Object.assign(this, { player, caption, trace: null }); }

  get window() { return this.player.window; }
  x(t) { return this.left + ((t - this.window[0]) / (this.window[1] - this.window[0])) * (this.W - this.left - PAD); }
  t(x) { return this.window[0] + ((x - this.left) / (this.W - this.left - PAD)) * (this.window[1] - this.window[0]); }
  y(a) { return this.top + (a + 0.5) * this.pitch; }

  layout(trace, width, scale) {
    this.trace = trace;
    const n = Math.max(1, trace.meta.agents.length);
    const broken = trace.meta.verdicts.filter(({ status }) => status === "violated");
    const extras = trace.meta.faults.length + broken.length;
    this.left = this.player.gutter;
    this.rows = Math.min(2, extras) + (this.caption ? 1 : 0); // one more for the first difference
    this.top = (this.caption ? 20 : 4) + RAIL * this.rows + 6;
    this.pitch = Math.max(8, Math.min(60, Math.max(26, 320 / n), n > 14 ? 440 / n : 99) * scale);
    this.bar = Math.min(15, this.pitch * 0.42);
    this.size(width, this.top + n * this.pitch + AXIS + 6);
  }

  paint() {
    const { player, trace, ctx } = this;
    this.still(player.stillKey(trace, this), (base) => this.paintStill(base));
    this.clip(ctx, () => {
      this.veilFuture(ctx);
      this.paintPast(ctx);
      this.paintFlight(ctx);
      this.paintHead(ctx);
    });
    this.paintGutter(ctx);
  }

  paintStill(ctx) {
    ctx.textBaseline = "middle";
    this.paintAxis(ctx);
    this.clip(ctx, () => {
      this.paintBands(ctx);
      this.trace.meta.agents.forEach((_, a) => this.paintLane(ctx, a));
      this.paintArrows(ctx);
      this.paintMarks(ctx);
      if (this.bar >= 13) this.trace.meta.agents.forEach((_, a) => this.nameLane(ctx, a));
      if (this.stride > 1) this.owe(ctx);
    });
    this.paintRail(ctx);
    if (this.caption) this.text(ctx, fit(ctx, this.caption, this.W - 20), 2, 10, "600 12px", "ink");
  }

  text(ctx, words, x, y, font, colour, align = "left") {
    ctx.font = `${font} ${this.player.theme.font}`;
    ctx.fillStyle = this.player.theme[colour] ?? colour;
    ctx.textAlign = align;
    ctx.fillText(words, x, y);
  }

  clip(ctx, paint) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(this.left - 1, 0, this.W - this.left - PAD + 8, this.H);
    ctx.clip();
    paint();
    ctx.restore();
  }

  paintAxis(ctx) {
    const { theme } = this.player, bottom = this.H - AXIS;
    const { at, digits } = ticks(...this.window, (this.W - this.left) / 90);
    ctx.lineWidth = 1;
    for (const t of at) {
      const x = Math.round(this.x(t)) + 0.5;
      ctx.strokeStyle = theme.line;
      line(ctx, x, this.top - 2, x, bottom);
      this.text(ctx, `${t.toFixed(digits)} s`, Math.min(x, this.W - 24), bottom + 12, "11.5px", "soft", "center");
    }
  }

  /** Faults that last: a partition over all lanes, a cut between two, a slow agent on its own. */
  paintBands(ctx) {
    const { theme } = this.player;
    for (const fault of this.trace.meta.faults) {
      if (!["Partition", "Cut", "Slow"].includes(fault.kind)) continue;
      const [x0, x1] = [this.x(fault.at), this.x(fault.until ?? this.trace.until)];
      if (x1 < this.left || x0 > this.W) continue;
      const [y0, y1] = this.reach(fault);
      ctx.fillStyle = ctx.strokeStyle = theme.bad;
      ctx.globalAlpha = 0.09;
      ctx.fillRect(x0, y0, x1 - x0, y1 - y0);
      ctx.globalAlpha = 0.7;
      ctx.setLineDash([4, 3]);
      line(ctx, x0, y0, x0, y1);
      line(ctx, x1, y0, x1, y1);
      ctx.setLineDash([]);
      ctx.globalAlpha = 1;
    }
  }

  reach(fault) {
    const lanes = fault.agents.map((name) => this.trace.meta.agents.indexOf(name)).filter((a) => a >= 0);
    if (fault.kind === "Partition" || !lanes.length) return [this.top - 2, this.H - AXIS];
    const half = this.pitch * 0.42;
    return [this.y(Math.min(...lanes)) - half, this.y(Math.max(...lanes)) + half];
  }

  paintLane(ctx, a) {
    const { from, role } = this.trace.spans[a], y = this.y(a), { looks, theme } = this.player;
    const right = this.x(this.trace.until);
    ctx.fillStyle = theme.line;
    ctx.fillRect(this.left, y - 0.5, right - this.left, 1);
    let drawn = -Infinity;
    for (let i = Math.max(0, upper(from, this.window[0]) - 1); i < from.length && from[i] <= this.window[1]; i++) {
      const x0 = Math.max(this.left, this.x(from[i])), x1 = Math.min(right, this.x(from[i + 1] ?? this.trace.until));
      if (x1 - drawn < 0.5) continue;
      drawn = x1;
      const label = roleName(this.trace, role[i]);
      fillRole(ctx, looks, label, role[i], x0, y - this.bar / 2, Math.max(0.75, x1 - x0), this.bar);
      if (i > 0) this.edge(ctx, x0, y);
    }
  }

  /** The roles in words, over the arrows, where there is room for them. */
  nameLane(ctx, a) {
    const { from, role } = this.trace.spans[a], right = Math.min(this.W - PAD, this.x(this.trace.until));
    for (let i = Math.max(0, upper(from, this.window[0]) - 1); i < from.length && from[i] <= this.window[1]; i++) {
      const x0 = Math.max(this.left, this.x(from[i])), x1 = Math.min(right, this.x(from[i + 1] ?? this.trace.until));
      if (x1 - x0 > 20 && role[i] !== ABSENT) this.nameSpan(ctx, roleName(this.trace, role[i]), role[i], x0, x1, this.y(a));
    }
  }

  owe(ctx) {
    ctx.font = `11px ${this.player.theme.font}`;
    ctx.textAlign = "right";
    const words = `one message in ${this.stride} drawn: zoom in for all`;
    haloText(ctx, words, this.W - PAD - 4, this.H - AXIS - 8, this.player.theme.ink, this.player.theme.bg);
  }

  edge(ctx, x, y) {
    ctx.fillStyle = this.player.theme.bg;
    ctx.fillRect(x - 0.5, y - this.bar / 2, 1, this.bar);
  }

  nameSpan(ctx, label, role, x0, x1, y) {
    const { looks, theme } = this.player;
    ctx.font = `600 10.5px ${theme.font}`;
    if (x1 - x0 < ctx.measureText(label).width + 12) return;
    const { fill, ink } = role === DOWN ? { fill: theme.down, ink: theme.ink } : looks.role(label);
    ctx.textAlign = "left";
    haloText(ctx, label, x0 + 6, y + 0.5, ink, fill);
  }

  /** Where the journey `i` is drawn, from bar to bar; a message that never arrives stops on the way. */
  ends(i) {
    const { t0, t1, from, to, fate } = this.trace.arrows;
    let [x0, y0, x1, y1] = [this.x(t0[i]), this.y(from[i]), this.x(t1[i]), this.y(to[i])];
    const k = Math.min(0.45, (this.bar / 2 + 1) / (Math.abs(y1 - y0) || 1)), [dx, dy] = [x1 - x0, y1 - y0];
    [x0, y0, x1, y1] = [x0 + dx * k, y0 + dy * k, x1 - dx * k, y1 - dy * k];
    const part = [LOST, CUT, DROPPED].includes(fate[i]) ? 0.62 : 1;
    return [x0, y0, x0 + (x1 - x0) * part, y0 + (y1 - y0) * part];
  }

  /** The arrows in the window that are not hidden; too many to tell apart are thinned evenly. */
  shown() {
    const { arrows, meta } = this.trace, { hidden } = this.player;
    const [first, last] = between(arrows, ...this.window), found = [];
    for (let i = first; i < last; i++) {
      if (arrows.t0[i] <= this.window[1] && !hidden.has(meta.names[arrows.name[i]])) found.push(i);
    }
    const stride = Math.ceil(found.length / MOST_ARROWS);
    this.stride = stride;
    return stride > 1 ? found.filter((_, i) => i % stride === 0) : found;
  }

  paintArrows(ctx) {
    const found = this.shown(), groups = new Map();
    for (const i of found) {
      const name = this.trace.arrows.name[i];
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(i);
    }
    const many = found.length > PLAIN_ARROWS, dim = this.player.picked >= 0 ? 0.22 : 1;
    for (const [name, group] of groups) this.paintGroup(ctx, this.trace.meta.names[name], group, dim, many);
    ctx.globalAlpha = 1;
  }

  paintGroup(ctx, label, group, alpha, many) {
    const { looks, theme } = this.player, look = looks.type(label), { fate, copy } = this.trace.arrows;
    const lines = new Path2D(), heads = new Path2D(), copies = new Path2D(), losses = new Path2D(), misses = new Path2D();
    for (const i of group) {
      const at = this.ends(i);
      this.addLine(lines, i, at);
      if (many) continue;
      if (fate[i] === ARRIVED) addHead(copy[i] ? copies : heads, ...at, look.faint ? 5 : 7);
      else if (fate[i] !== UNDERWAY) addCross(fate[i] === UNHEARD ? misses : losses, at[2], at[3], 3.8);
    }
    ctx.strokeStyle = ctx.fillStyle = look.colour;
    ctx.lineWidth = many ? 0.8 : look.width;
    ctx.setLineDash(many ? [] : look.dash);
    ctx.globalAlpha = alpha * (many ? 0.45 : look.faint ? 0.8 : 1);
    ctx.stroke(lines);
    ctx.setLineDash([]);
    ctx.fill(heads);
    ctx.lineWidth = 1.2;
    ctx.stroke(copies);
    ctx.lineWidth = 1.6;
    ctx.stroke(misses);
    ctx.strokeStyle = theme.bad;
    ctx.lineWidth = 2;
    ctx.stroke(losses);
  }

  addLine(path, i, [x0, y0, x1, y1]) {
    path.moveTo(x0, y0);
    if (this.trace.arrows.from[i] !== this.trace.arrows.to[i]) path.lineTo(x1, y1);
    else path.quadraticCurveTo((x0 + x1) / 2, y0 - this.pitch * 0.7, x1, y1);
  }

  /** Crashes, restarts, decisions and notes, on the lane where they happened. */
  paintMarks(ctx) {
    const { marks, time, agent, kind, meta } = this.trace;
    const first = lowerBy(marks, time, this.window[0]), last = lowerBy(marks, time, this.window[1] + 1e-9);
    if (last - first > 2000) return;
    const ends = new Map();
    for (let m = last - 1; m >= first; m--) {
      const seq = marks[m], x = this.x(time[seq]), y = this.y(agent[seq] === NOBODY ? 0 : agent[seq]);
      this.paintMark(ctx, meta.kinds[kind[seq]], x, y);
      const words = meta.texts[this.trace.text[seq]];
      if (!["note", "decision"].includes(meta.kinds[kind[seq]]) || !words || this.pitch < 44) continue;
      this.nameMark(ctx, words, x + 7, y - this.bar / 2 - 8, (ends.get(agent[seq]) ?? this.W - PAD) - x - 14);
      ends.set(agent[seq], x - 6);
    }
  }

  paintMark(ctx, kind, x, y) {
    const { theme } = this.player, half = this.bar / 2 + 4;
    const path = { decision: `M${x} ${y - half - 8}l4 4l-4 4l-4 -4z`, note: `M${x - 2.5} ${y - half - 6.5}h5v5h-5z`,
      crash: `M${x - 5} ${y - half - 4}h10l-5 7z`, restart: `M${x - 5} ${y + half + 4}h10l-5 -7z` }[kind];
    const colour = { restart: theme.good, note: theme.soft, decision: theme.accent, crash: theme.bad }[kind];
    ctx.fillStyle = ctx.strokeStyle = colour;
    ctx.lineWidth = 2;
    if (kind === "crash" || kind === "restart") line(ctx, x, y - half, x, y + half);
    ctx.fill(new Path2D(path));
  }

  nameMark(ctx, words, x, y, width) {
    ctx.font = `10.5px ${this.player.theme.font}`;
    const text = width > 24 ? fit(ctx, words, Math.min(width, 220)) : "";
    ctx.textAlign = "left";
    if (text) haloText(ctx, text, x, y, this.player.theme.soft, this.player.theme.bg);
  }

  /** What the rail above the lanes tells: faults, broken properties, the first difference. */
  railItems() {
    const { meta } = this.trace, [a, b] = this.window;
    const items = meta.faults.map((fault) => ({ at: fault.at, until: fault.until, text: faultLabel(fault), sort: "fault" }));
    for (const { name, status, at } of meta.verdicts) {
      if (status === "violated" && at !== null) items.push({ at, until: null, text: name, sort: "broken" });
    }
    const differs = this.caption ? this.player.divergence() : null;
    if (differs) items.push({ at: differs.at, until: null, text: "first difference", sort: "differs" });
    return items.filter(({ at, until }) => at <= b && (until ?? at) >= a).sort((one, other) => one.at - other.at);
  }

  paintRail(ctx) {
    ctx.font = `11.5px ${this.player.theme.font}`;
    const items = this.railItems(), right = this.W - PAD;
    for (const item of items) {
      item.text = fit(ctx, item.text, 260);
      item.w = ctx.measureText(item.text).width + 18;
      item.x = Math.max(this.left, Math.min(this.x(item.at), right - item.w));
      if (item.until !== null) item.w = Math.max(item.w, Math.min(right, this.x(item.until)) - item.x);
    }
    stack(items, this.rows).forEach((row, i) => this.paintRailItem(ctx, items[i], row));
  }

  paintRailItem(ctx, item, row) {
    const { theme } = this.player, colour = item.sort === "differs" ? theme.accent : theme.bad;
    const y = (this.caption ? 20 : 4) + RAIL * Math.max(0, row) + RAIL / 2, at = this.x(item.at);
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.lineWidth = 1.2;
    if (item.sort !== "fault" && at >= this.left) {
      ctx.setLineDash(item.sort === "broken" ? [2, 3] : [7, 3]);
      line(ctx, at, y + 6, at, this.H - AXIS);
      ctx.setLineDash([]);
    } else if (at >= this.left) line(ctx, at, y - 6, at, this.top);
    if (row < 0) return;
    if (item.until !== null) {
      ctx.globalAlpha = 0.16;
      ctx.fillRect(item.x, y - 7, item.w, 14);
      ctx.globalAlpha = 1;
    }
    this.railGlyph(ctx, item, y);
    this.text(ctx, item.text, item.x + 14, y + 0.5, "11.5px", item.sort === "fault" ? "ink" : colour);
  }

  railGlyph(ctx, { sort, x }, y) {
    const glyph = new Path2D(sort === "fault" ? `M${x + 8} ${y - 6}l-5 7h3.5l-1.5 5l5 -7h-3.5z`
      : sort === "broken" ? `M${x + 3} ${y - 4}l7 8m0 -8l-7 8` : `M${x + 2} ${y - 4}h8m-3 -3l3 3l-3 3m3 4h-8`);
    ctx.lineWidth = sort === "broken" ? 2 : 1.3;
    if (sort === "fault") ctx.fill(glyph); else ctx.stroke(glyph);
  }

  veilFuture(ctx) {
    const x = Math.max(this.left, this.x(this.player.now));
    ctx.globalAlpha = 0.4;
    ctx.fillStyle = this.player.theme.bg;
    if (this.player.now > 0) ctx.fillRect(x, this.top - 2, this.W - x, this.H - AXIS - this.top + 2);
    ctx.globalAlpha = 1;
  }

  /** The selected event and the causes that led to it. */
  paintPast(ctx) {
    const { player, trace } = this, { theme } = player;
    if (player.picked < 0 || trace !== player.trace) return;
    for (const seq of player.chain) {
      const arrow = trace.meta.kinds[trace.kind[seq]] === "send" && seq !== player.picked ? -1 : arrowOf(trace, seq);
      if (arrow >= 0) this.paintChosen(ctx, arrow);
    }
    for (const seq of player.chain) {
      if (trace.agent[seq] === NOBODY) continue;
      const chosen = seq === player.picked;
      dot(ctx, this.x(trace.time[seq]), this.y(trace.agent[seq]), chosen ? 6 : 3.5, chosen ? theme.accent : theme.bg,
        chosen ? theme.bg : theme.accent);
    }
  }

  paintChosen(ctx, i) {
    const at = this.ends(i), path = new Path2D();
    this.addLine(path, i, at);
    ctx.strokeStyle = this.player.theme.accent;
    ctx.globalAlpha = 0.28;
    ctx.lineWidth = 8;
    ctx.stroke(path);
    ctx.globalAlpha = 1;
    this.paintGroup(ctx, this.trace.meta.names[this.trace.arrows.name[i]], [i], 1, false);
  }

  paintFlight(ctx) {
    const { player, trace } = this, { arrows } = trace, flight = inFlight(arrows, player.now);
    if (flight.length > 400) return;
    for (const i of flight) {
      const name = trace.meta.names[arrows.name[i]], [, y0, , y1] = this.ends(i), full = this.y(arrows.to[i]);
      const u = (player.now - arrows.t0[i]) / (arrows.t1[i] - arrows.t0[i] || 1);
      const y = this.y(arrows.from[i]) + u * (full - this.y(arrows.from[i]));
      if (player.hidden.has(name) || y < Math.min(y0, y1) - 8 || y > Math.max(y0, y1) + 8) continue;
      dot(ctx, this.x(player.now), y, 4, player.looks.type(name).colour, player.theme.bg);
    }
  }

  paintHead(ctx) {
    const { theme, now } = this.player, x = this.x(now);
    ctx.strokeStyle = ctx.fillStyle = theme.accent;
    ctx.lineWidth = 1.5;
    line(ctx, x, this.top - 4, x, this.H - AXIS);
    ctx.fill(new Path2D(`M${x - 6} ${this.top - 8}h12l-6 8z`));
  }

  /** Names at the left, each with the agent's role at the playhead. */
  paintGutter(ctx) {
    const { player, trace } = this, every = Math.ceil(13 / this.pitch);
    ctx.textBaseline = "middle";
    trace.meta.agents.forEach((name, a) => {
      if (a % every) return;
      const y = this.y(a), two = this.pitch >= 32 && this.left > 44, role = roleName(trace, roleAt(trace, a, player.now));
      if (a === player.agent) this.ring(ctx, y);
      ctx.font = `600 12.5px ${player.theme.font}`;
      this.text(ctx, fit(ctx, name, this.left - 12), this.left - 9, two ? y - 7 : y, "600 12.5px", "ink", "right");
      ctx.font = `10.5px ${player.theme.font}`;
      if (two) this.text(ctx, fit(ctx, role, this.left - 12), this.left - 9, y + 7, "10.5px", "soft", "right");
    });
  }

  ring(ctx, y) {
    const high = Math.min(34, this.pitch - 2);
    ctx.strokeStyle = this.player.theme.accent;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.roundRect(1, y - high / 2, this.left - 5, high, 6);
    ctx.stroke();
  }

  /** What is under the point: {arrow}, {agent}, or neither. */
  hit(px, py) {
    if (px >= this.left) {
      let best = -1, least = 6;
      for (const i of this.shown()) {
        const far = distance(px, py, ...this.ends(i));
        if (far < least) [best, least] = [i, far];
      }
      if (best >= 0) return { arrow: best };
    }
    const a = Math.floor((py - this.top) / this.pitch);
    const near = a >= 0 && a < this.trace.meta.agents.length && Math.abs(py - this.y(a)) <= Math.max(9, this.bar / 2 + 3);
    return near || (px < this.left && a >= 0 && a < this.trace.meta.agents.length) ? { agent: a } : {};
  }
}

function lowerBy(order, column, x) {
  let low = 0, high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (column[order[middle]] < x) low = middle + 1; else high = middle;
  }
  return low;
}

/** The whole run in a strip: lanes, density of events, and the window the diagram shows. */
class Overview extends Surface {
  constructor(player) { super("the whole run"); this.player = player; }

  x(t) { return this.left + (t / this.trace.until) * (this.W - this.left - PAD); }
  t(x) { return Math.max(0, Math.min(1, (x - this.left) / (this.W - this.left - PAD))) * this.trace.until; }

  layout(trace, width) {
    const n = Math.max(1, trace.meta.agents.length);
    this.trace = trace;
    this.left = this.player.gutter;
    this.pitch = Math.max(1.5, Math.min(12, 66 / n));
    this.size(width, 6 + n * this.pitch + 24 + 16);
  }

  paint() {
    const { player, trace, ctx } = this;
    this.still(player.stillKey(trace, this), (base) => this.paintStill(base));
    this.paintWindow(ctx);
    ctx.strokeStyle = player.theme.accent;
    line(ctx, this.x(player.now), 3, this.x(player.now), this.H - 17);
  }

  paintStill(ctx) {
    const { theme } = this.player;
    ctx.textBaseline = "middle";
    this.trace.meta.agents.forEach((name, a) => this.paintLane(ctx, name, a));
    this.paintDensity(ctx);
    ctx.font = `11px ${theme.font}`;
    ctx.fillStyle = theme.soft;
    ctx.textAlign = "center";
    const { at, digits } = ticks(0, this.trace.until, (this.W - this.left) / 90);
    for (const t of at) ctx.fillText(`${t.toFixed(digits)} s`, Math.min(this.x(t), this.W - 18), this.H - 7);
  }

  paintLane(ctx, name, a) {
    const { from, role } = this.trace.spans[a], y = 6 + a * this.pitch, { looks, theme } = this.player;
    let drawn = -Infinity;
    for (let i = 0; i < from.length; i++) {
      const x0 = this.x(from[i]), x1 = this.x(from[i + 1] ?? this.trace.until);
      if (x1 - drawn < 0.4) continue;
      drawn = x1;
      fillRole(ctx, looks, roleName(this.trace, role[i]), role[i], x0, y, Math.max(0.75, x1 - x0), this.pitch * 0.62);
    }
    if (this.pitch < 10.5) return;
    ctx.font = `11px ${theme.font}`;
    ctx.fillStyle = theme.soft;
    ctx.textAlign = "right";
    ctx.fillText(fit(ctx, name, this.left - 12), this.left - 9, y + this.pitch * 0.34);
  }

  paintDensity(ctx) {
    const width = this.W - this.left - PAD, bins = new Float64Array(Math.max(1, Math.floor(width / 4)));
    for (let i = 0; i < this.trace.n; i++) {
      bins[Math.min(bins.length - 1, Math.floor((this.trace.time[i] / this.trace.until) * bins.length))] += 1;
    }
    const most = bins.reduce((a, b) => Math.max(a, b), 1), floor = this.H - 17, step = width / bins.length;
    ctx.globalAlpha = 0.5;
    ctx.fillStyle = this.player.theme.soft;
    bins.forEach((count, i) => {
      const high = count ? Math.max(1, 18 * Math.sqrt(count / most)) : 0;
      ctx.fillRect(this.left + i * step, floor - high, step - 1, high);
    });
    ctx.globalAlpha = 1;
  }

  paintWindow(ctx) {
    const { theme, window: [a, b] } = this.player, [x0, x1] = [this.x(a), Math.max(this.x(b), this.x(a) + 3)];
    ctx.fillStyle = ctx.strokeStyle = theme.accent;
    ctx.globalAlpha = 0.08;
    ctx.fillRect(x0, 2, x1 - x0, this.H - 19);
    ctx.globalAlpha = 1;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.roundRect(x0, 2, x1 - x0, this.H - 19, 3);
    ctx.stroke();
    for (const x of [x0, x1]) ctx.fillRect(x - 2, this.H / 2 - 18, 4, 18);
  }

  /** Which part of the window a drag would move: "from", "to", "both" or none. */
  grip(x) {
    const [x0, x1] = this.player.window.map((t) => this.x(t));
    if (Math.abs(x - x0) < 7 && Math.abs(x - x0) <= Math.abs(x - x1)) return "from";
    if (Math.abs(x - x1) < 7) return "to";
    return x > x0 && x < x1 ? "both" : null;
  }
}

/** The agents on a circle, with the messages under way at the playhead. */
class Network extends Surface {
  constructor(player) { super("network"); this.player = player; }

  layout(trace, width, height) {
    this.trace = trace;
    this.size(width, height);
    const n = trace.meta.agents.length, room = Math.min(width * 0.5 - 54, height * 0.5 - 46);
    this.ring = Math.max(30, room);
    this.below = width < 480 && n <= 8; // too narrow for words beside the nodes
    this.middle = height / 2 - (this.below ? 14 : 0);
    const beside = width * 0.5 - 74; // what the words beside the nodes leave
    this.wide = this.below ? width * 0.5 - 46 : Math.max(Math.min(this.ring, beside + 8), Math.min(beside, this.ring * 1.5));
    this.every = Math.ceil((22 * n) / (Math.PI * (this.ring + this.wide))); // as many words as fit around the circle
    this.room = this.below && n % 2 ? 2 * this.wide * Math.sin(Math.PI / n) - 6 : Infinity; // the lowest two stand side by side
    this.node = Math.max(4, Math.min(19, (this.ring * 2.2) / n));
  }

  at(a) {
    const angle = -Math.PI / 2 + (a * 2 * Math.PI) / this.trace.meta.agents.length;
    return [this.W / 2 + this.wide * Math.cos(angle), this.middle + this.ring * Math.sin(angle)];
  }

  paint() {
    this.clear(this.ctx);
    this.ctx.textBaseline = "middle";
    this.faults = this.trace.meta.faults.filter((fault) => fault.at <= this.player.now
      && this.player.now < (fault.until ?? Infinity));
    this.sides = this.faults.filter(({ kind }) => kind === "Partition").at(-1)?.groups ?? null;
    this.paintLinks(this.ctx);
    this.paintMessages(this.ctx);
    this.trace.meta.agents.forEach((name, a) => this.paintNode(this.ctx, name, a));
    this.paintNotice(this.ctx);
  }

  side(name) { return this.sides ? this.sides.findIndex((group) => group.includes(name)) : 0; }

  links() {
    const { agents, edges } = this.trace.meta;
    if (edges) return edges;
    if (agents.length > 40) return [];
    return agents.flatMap((_, a) => agents.slice(a + 1).map((__, k) => [a, a + 1 + k]));
  }

  paintLinks(ctx) {
    const { theme } = this.player, { agents } = this.trace.meta, cuts = new Set();
    for (const { kind, text } of this.faults) if (kind === "Cut") cuts.add(text.split(" ")[1]);
    for (const [a, b] of this.links()) {
      const apart = this.side(agents[a]) !== this.side(agents[b]);
      const cut = cuts.has(`${agents[a]}>${agents[b]}`) || cuts.has(`${agents[b]}>${agents[a]}`);
      this.paintLink(ctx, this.at(a), this.at(b), apart || cut, theme);
    }
  }

  paintLink(ctx, [x0, y0], [x1, y1], broken, theme) {
    ctx.strokeStyle = broken ? theme.bad : theme.line;
    ctx.lineWidth = broken ? 1.2 : 1;
    ctx.setLineDash(broken ? [3, 4] : []);
    line(ctx, x0, y0, x1, y1);
    ctx.setLineDash([]);
    if (!broken) return;
    const cross = new Path2D();
    addCross(cross, (x0 + x1) / 2, (y0 + y1) / 2, 4);
    ctx.lineWidth = 2;
    ctx.stroke(cross);
  }

  paintMessages(ctx) {
    const { arrows, meta } = this.trace, { now, looks, theme, hidden } = this.player;
    for (const i of inFlight(arrows, now).slice(0, 300)) {
      const look = looks.type(meta.names[arrows.name[i]]);
      if (hidden.has(meta.names[arrows.name[i]])) continue;
      const lost = ![ARRIVED, UNDERWAY, UNHEARD].includes(arrows.fate[i]);
      const u = (now - arrows.t0[i]) / (arrows.t1[i] - arrows.t0[i] || 1);
      const p = this.between(i, 0), q = this.between(i, Math.min(u, lost ? 0.62 : 1));
      ctx.strokeStyle = ctx.fillStyle = look.colour;
      ctx.lineWidth = look.width + 0.4;
      ctx.setLineDash(look.dash);
      line(ctx, ...p, ...q);
      ctx.setLineDash([]);
      const tip = new Path2D();
      if (lost && u > 0.62) {
        addCross(tip, ...q, 4.5);
        [ctx.strokeStyle, ctx.lineWidth] = [theme.bad, 2.2];
        ctx.stroke(tip);
      } else {
        addHead(tip, ...p, ...q, 10);
        ctx.fill(tip);
      }
    }
  }

  /** The point a share `u` of the way along journey `i`, from rim to rim. */
  between(i, u) {
    const [x0, y0] = this.at(this.trace.arrows.from[i]), [x1, y1] = this.at(this.trace.arrows.to[i]);
    const k = Math.min(0.4, this.node / (Math.hypot(x1 - x0, y1 - y0) || 1)), v = k + u * (1 - 2 * k);
    return [x0 + (x1 - x0) * v, y0 + (y1 - y0) * v];
  }

  paintNode(ctx, name, a) {
    const { looks, theme, now, agent } = this.player, [x, y] = this.at(a), role = roleAt(this.trace, a, now);
    const label = roleName(this.trace, role), shape = nodeShape(role < 0 ? 0 : looks.roles.of(label), x, y, this.node);
    ctx.save();
    ctx.fillStyle = theme.bg;
    ctx.fill(shape);
    ctx.clip(shape);
    fillRole(ctx, looks, label, role, x - 24, y - 24, 48, 48);
    ctx.restore();
    ctx.setLineDash(role < 0 ? [3, 2.5] : []);
    ctx.strokeStyle = a === agent ? theme.accent : theme.soft;
    ctx.lineWidth = a === agent ? 3 : 1.3;
    ctx.stroke(shape);
    ctx.setLineDash([]);
    this.nameNode(ctx, name, label || "absent", role, a, x, y);
  }

  nameNode(ctx, name, label, role, a, x, y) {
    const { theme, looks } = this.player, inside = this.node >= 13 && name.length <= 3;
    const { fill, ink } = role < 0 ? { fill: theme.down, ink: theme.ink } : looks.role(label);
    ctx.font = `600 12.5px ${theme.font}`;
    ctx.textAlign = "center";
    if (inside) haloText(ctx, name, x, y + 0.5, ink, fill);
    if (a % this.every) return;
    const [dx, dy] = this.below ? [0, 1] : [(x - this.W / 2) / this.wide, (y - this.middle) / this.ring];
    const side = this.sides ? ` · ${this.below ? "" : "side "}${"ABCDEFGH"[this.side(name)] ?? "?"}` : "";
    ctx.textAlign = Math.abs(dx) < 0.3 ? "center" : dx > 0 ? "left" : "right";
    const tx = x + (Math.abs(dx) < 0.3 ? 0 : Math.sign(dx) * (this.node + 6));
    const ty = Math.abs(dx) < 0.3 ? y + Math.sign(dy || 1) * (this.node + 10) : y;
    const words = inside ? label + side : this.trace.meta.agents.length > 32 || this.node < 7 ? name : `${name} · ${label}${side}`;
    ctx.font = `11px ${theme.font}`;
    const room = { left: this.W - tx - 2, right: tx - 2, center: Math.min(this.room, 2 * Math.min(tx, this.W - tx) - 4) }[ctx.textAlign];
    haloText(ctx, fit(ctx, words, room), tx, ty, theme.ink, theme.bg);
  }

  paintNotice(ctx) {
    const lasting = this.faults.filter(({ kind }) => ["Partition", "Cut", "Slow"].includes(kind));
    ctx.font = `11px ${this.player.theme.font}`;
    ctx.textAlign = "left";
    if (lasting.length) haloText(ctx, fit(ctx, lasting.map(faultLabel).join(" · "), this.W - 8), 4, this.H - 8,
      this.player.theme.bad, this.player.theme.bg);
  }

  hit(px, py) {
    const { arrows, meta } = this.trace;
    const agent = meta.agents.findIndex((_, a) => Math.hypot(px - this.at(a)[0], py - this.at(a)[1]) <= this.node + 3);
    if (agent >= 0) return { agent };
    const near = (i) => distance(px, py, ...this.between(i, 0), ...this.between(i, 1)) < 6;
    const arrow = inFlight(arrows, this.player.now).find(near);
    return arrow === undefined ? {} : { arrow };
  }
}

/** Circle, square, diamond, triangle, hexagon…: a role has its shape as well as its colour. */
function nodeShape(i, x, y, r) {
  const sides = [0, 4, 6, 3, 5, 8, 4, 7][i % 8], shape = new Path2D(), grow = sides === 3 ? 1.3 : sides === 4 ? 1.2 : 1.06;
  if (!sides) { shape.arc(x, y, r, 0, 7); return shape; }
  for (let k = 0; k < sides; k++) {
    const angle = (k * 2 * Math.PI) / sides - Math.PI / 2 + (i % 8 === 1 ? Math.PI / 4 : 0);
    shape[k ? "lineTo" : "moveTo"](x + r * grow * Math.cos(angle), y + r * grow * Math.sin(angle));
  }
  shape.closePath();
  return shape;
}

// ---------------------------------------------------------------------------------------------- the views

const ICONS = {
  play: "M7 4l13 8-13 8z", pause: "M7 4h4v16H7zM14 4h4v16h-4z", previous: "M5 4h3v16H5zM20 4v16L9 12z",
  next: "M16 4h3v16h-3zM4 4l11 8-11 8z", loop: "~M4 12a7 7 0 0 1 12-5l3 3M19 4v6h-6M20 12a7 7 0 0 1-12 5l-3-3M5 20v-6h6",
  fit: "~M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", nearer: "~M12 5v14M5 12h14", farther: "~M5 12h14",
  help: "~M8.5 9a3.5 3.5 0 1 1 5 3.2c-1 .5-1.5 1.1-1.5 2.3M12 18.5v.5", undo: "~M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10H9",
  branch: "~M7 4v16M7 14c0-5 10-2 10-8M17 3v3M14 5l3-3 3 3", compare: "~M4 8h16M4 16h16M14 4v16",
  copy: "~M9 9h11v11H9zM5 15V4h11", check: "~M5 13l4 4L19 7", cross: "~M6 6l12 12M18 6L6 18",
};

/** An element. `on…` are listeners, true and false switch an attribute, null leaves it out. */
function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** A picture for a button; a path that begins with ~ is drawn as a line. */
function icon(name) {
  const [svg, shape] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", ICONS[name].startsWith("~") ? "cl-icon cl-stroke" : "cl-icon");
  shape.setAttribute("d", ICONS[name].replace("~", ""));
  svg.append(shape);
  return svg;
}

function button(name, label, act, props = {}) {
  const plain = { type: "button", class: "cl-button", "aria-label": label, title: label, onclick: act };
  return h("button", { ...plain, ...props }, icon(name));
}

function swatch(width, paint) {
  const ratio = window.devicePixelRatio || 1, canvas = h("canvas", { "aria-hidden": "true", class: "cl-swatch" });
  [canvas.width, canvas.height, canvas.style.width] = [width * ratio, 12 * ratio, `${width}px`];
  const ctx = canvas.getContext("2d");
  ctx.scale(ratio, ratio);
  paint(ctx);
  return canvas;
}

const ROW = 26;
const FIELDS = ["time", "kind", "agent", "peer", "name", "message", "text", "cause"];

/** The events as a table of which only the rows on screen exist. */
class Table {
  constructor(player) {
    this.player = player;
    this.filter = h("input", { type: "search", class: "cl-filter", placeholder: "filter: words, or #17 for a message",
      "aria-label": "filter the events", oninput: () => this.refilter() });
    this.count = h("output", { class: "cl-count" });
    this.rows = h("div", { class: "cl-rows", role: "rowgroup" });
    const head = h("div", { class: "cl-row cl-rowhead", role: "row" },
      ...FIELDS.map((field) => h("span", { role: "columnheader", class: `cl-c-${field}` }, field)));
    this.scroller = h("div", { class: "cl-scroll", tabindex: "0", role: "grid", "aria-label": "events",
      onscroll: () => this.paint(), onkeydown: (press) => this.press(press) }, head, this.rows);
    this.node = h("div", { class: "cl-table" }, h("div", { class: "cl-tablehead" }, this.filter, this.count), this.scroller);
  }

  show(trace) { this.trace = trace; this.refilter(); }

  refilter() {
    this.found = search(this.trace, this.filter.value);
    this.total = this.found ? this.found.length : this.trace.n;
    this.rows.style.height = `${this.total * ROW}px`;
    this.count.textContent = `${this.total.toLocaleString("en")} of ${this.trace.n.toLocaleString("en")} events`;
    this.scroller.setAttribute("aria-rowcount", this.total + 1);
    this.reveal();
    this.paint();
  }

  at(position) { return this.found ? this.found[position] : position; }
  position(seq) { return this.found ? Math.max(0, upper(this.found, seq) - 1) : seq; }

  /** Scroll so that the current event can be seen. */
  reveal() {
    const top = this.position(Math.max(0, this.player.cursor)) * ROW, { scrollTop, clientHeight } = this.scroller;
    const seen = top >= scrollTop && top <= scrollTop + clientHeight - 3 * ROW;
    if (!seen) this.scroller.scrollTop = Math.max(0, top - clientHeight / 2);
  }

  paint() {
    if (!this.trace || !this.scroller.clientHeight) return;
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW) - 2);
    const last = Math.min(this.total, first + Math.ceil(this.scroller.clientHeight / ROW) + 4);
    this.rows.replaceChildren(...Array.from({ length: Math.max(0, last - first) }, (_, i) => this.row(first + i)));
  }

  row(position) {
    const seq = this.at(position), row = event(this.trace, seq), { player } = this;
    const words = { ...row, time: row.time.toFixed(3), message: row.message === null ? "" : `#${row.message}`,
      cause: row.cause < 0 ? "" : row.cause };
    const cells = FIELDS.map((field) => h("span", { role: "gridcell", class: `cl-c-${field}` }, String(words[field] ?? "")));
    const node = h("div", { class: "cl-row", role: "row", "aria-rowindex": position + 2,
      "aria-selected": String(seq === player.picked), onclick: () => player.pick(seq) }, ...cells);
    node.style.top = `${position * ROW}px`;
    node.classList.toggle("cl-current", seq === player.cursor);
    node.classList.toggle("cl-past", seq !== player.picked && player.chainSet.has(seq));
    return node;
  }

  press(press) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[press.key];
    if (!step || !this.total) return;
    const position = Math.max(0, Math.min(this.total - 1, this.position(this.player.cursor) + step));
    this.player.pick(this.at(position));
    take(press);
  }
}

function take(press) { press.preventDefault(); press.stopPropagation(); }

/** A small menu beside what was clicked; with arrow keys, Escape, and pages one deeper. */
class Menu {
  constructor(player) {
    this.player = player;
    this.node = h("div", { class: "cl-menu", role: "menu", hidden: true, onkeydown: (press) => this.press(press) });
  }

  get open() { return !this.node.hidden; }
  items() { return [...this.node.querySelectorAll("[role^=menuitem]")]; }

  /** Show {text, act, off, checked} items under a title at the point (of the root), the first one focused. */
  show(title, items, point = this.point, note = null) {
    this.point = point;
    this.node.setAttribute("aria-label", title);
    this.node.replaceChildren(h("div", { class: "cl-menutitle" }, title),
      ...(note ? [h("div", { class: "cl-note" }, note)] : []), ...items.map((item) => this.item(item)));
    this.node.hidden = false;
    this.place(...point);
    this.items()[0]?.focus({ preventScroll: true });
  }

  item({ text, act, off = null, checked = null }) {
    const sort = checked === null ? { role: "menuitem" } : { role: "menuitemcheckbox", "aria-checked": String(checked) };
    return h("button", { type: "button", class: "cl-item", tabindex: "-1", ...sort, "aria-disabled": off ? "true" : null,
      title: off, onclick: () => off || act() }, text, off && off !== NO_KERNEL ? h("small", {}, off) : null);
  }

  place(x, y) {
    const { root } = this.player, { offsetWidth, offsetHeight } = this.node;
    this.node.style.left = `${Math.max(4, Math.min(x, root.clientWidth - offsetWidth - 4))}px`;
    this.node.style.top = `${Math.max(4, Math.min(y, root.clientHeight - offsetHeight - 4))}px`;
  }

  close(refocus = true) {
    if (!this.open) return;
    this.node.hidden = true;
    if (refocus) this.player.stage.focus({ preventScroll: true });
  }

  press(press) {
    const items = this.items(), n = items.length, here = items.indexOf(document.activeElement);
    const to = { ArrowDown: (here + 1) % n, ArrowUp: (here + n - 1) % n, Home: 0, End: n - 1 }[press.key];
    press.stopPropagation();
    if (to !== undefined) items[to].focus();
    else if (press.key === "Escape" || press.key === "Tab") this.close();
    else return;
    press.preventDefault();
  }
}

// ---------------------------------------------------------------------------------------------- the player

const VIEWS = [["space", "Space-time"], ["network", "Network"], ["events", "Events"]];

/** One view of a model: what is shown and where in time, and all that a learner can do to it. */
class Player {
  constructor(model, el) {
    Object.assign(this, { model, now: 0, cursor: -1, window: null, fitted: false, speed: 1, view: "space" });
    Object.assign(this, { playing: false, looping: false, comparing: false, hidden: new Set(), looks: new Looks() });
    Object.assign(this, { picked: -1, agent: -1, chain: [], chainSet: new Set() });
    Object.assign(this, { decoded: new WeakMap(), loaded: [], version: 0, themes: 0, gutter: 60 });
    this.stats = { frames: 0, drawMs: 0, loadMs: 0, tripMs: null };
    this.build();
    el.append(this.root);
    this.listen();
    this.retheme();
    this.load();
    this.root.dataset.ready = "true";
  }

  // ---- building

  build() {
    this.diagram = new Diagram(this);
    this.parentDiagram = new Diagram(this);
    this.overview = new Overview(this);
    this.network = new Network(this);
    this.table = new Table(this);
    this.menu = new Menu(this);
    const live = { role: "status", "aria-live": "polite" };
    Object.assign(this, {
      title: h("h3", { class: "cl-title" }), question: h("p", { class: "cl-question" }),
      tabs: h("div", { class: "cl-tabs", role: "tablist", "aria-label": "branches",
        onkeydown: (press) => this.pressTab(press) }),
      acts: h("div", { class: "cl-acts" }),
      marks: h("div", { class: "cl-marks" }), tip: h("div", { class: "cl-tip", hidden: true, "aria-hidden": "true" }),
      say: h("p", { class: "cl-say", ...live }), notice: h("p", { class: "cl-notice", role: "alert", hidden: true }),
      inspect: h("div", { class: "cl-inspect", hidden: true }),
      legend: h("div", { class: "cl-legend", role: "group", "aria-label": "legend" }),
      aside: h("h4", {}), chips: h("div", { class: "cl-chips" }), because: h("p", { class: "cl-because", ...live }),
      measures: h("table", { class: "cl-measures" }), share: h("div", { class: "cl-share" }), help: this.buildHelp(),
    });
    this.buildViews();
    this.root = h("section", { class: "cl-player", "aria-label": "trace player", "data-lm-suppress-shortcuts": "true" },
      h("header", { class: "cl-head" }, this.title, this.question), h("div", { class: "cl-bar" }, this.tabs, this.acts),
      h("div", { class: "cl-body" }, this.buildMain(), this.buildSide()), this.share, this.menu.node, this.help, this.tip);
    this.root.stats = this.stats;
  }

  buildViews() {
    this.stage = h("div", { class: "cl-stage", tabindex: "0", role: "tabpanel", "aria-label": "picture" },
      this.parentDiagram.canvas, this.diagram.canvas, this.network.canvas, this.table.node);
    this.viewTabs = VIEWS.map(([view, label]) => h("button", { type: "button", role: "tab", class: "cl-view",
      onclick: () => this.setView(view) }, label));
    this.over = h("div", { class: "cl-over" }, this.overview.canvas, this.marks);
    this.side = new Network(this);
  }

  buildMain() {
    const views = h("div", { class: "cl-views", role: "tablist", "aria-label": "views",
      onkeydown: (press) => this.pressView(press) }, ...this.viewTabs);
    return h("div", { class: "cl-main" }, views, this.over, this.stage, this.buildTransport(),
      this.notice, this.say, this.inspect, this.legend);
  }

  buildSide() {
    this.sideNet = h("div", { class: "cl-sidenet" }, this.side.canvas);
    this.verdictHead = h("h4", {}, "Verdicts");
    this.measureHead = h("h4", {}, "Counted, and theory");
    return h("aside", { class: "cl-side", "aria-label": "verdicts and measures" }, this.aside, this.sideNet,
      this.verdictHead, this.chips, this.because, this.measureHead, this.measures);
  }

  buildTransport() {
    this.playButton = button("play", "play (Space)", () => this.play(!this.playing), { class: "cl-button cl-play" });
    this.loopButton = button("loop", "loop what is on screen (L)", () => this.setLoop(!this.looping),
      { "aria-pressed": "false" });
    this.scrub = h("input", { type: "range", class: "cl-scrub", min: "0", max: "1", step: "any", value: "0",
      "aria-label": "time", oninput: () => this.seek(Number(this.scrub.value)) });
    this.speedBox = h("select", { class: "cl-speed", "aria-label": "speed, virtual seconds a second",
      title: "speed ([ and ])", onchange: () => this.chooseSpeed(Number(this.speedBox.value)) },
      ...SPEEDS.map((speed) => h("option", { value: speed }, speedName(speed))));
    this.clock = h("output", { class: "cl-clock" });
    return h("div", { class: "cl-transport", role: "toolbar", "aria-label": "transport" },
      button("previous", "previous event (Left)", () => this.step(-1)), this.playButton,
      button("next", "next event (Right)", () => this.step(1)), this.loopButton, this.speedBox, this.scrub, this.clock,
      button("farther", "zoom out (-)", () => this.zoom(1.6)),
      button("nearer", "zoom in (+)", () => this.zoom(1 / 1.6)), button("fit", "fit the whole run (0)", () => this.fit()),
      button("help", "keys (?)", () => this.showHelp()));
  }

  buildHelp() {
    const leave = (press) => { if (["Escape", "?"].includes(press.key)) { this.showHelp(false); take(press); } };
    return h("div", { class: "cl-help", role: "dialog", "aria-label": "keys", tabindex: "-1", hidden: true, onkeydown: leave },
      h("h4", {}, "Keys"), h("dl", {}, ...KEYS.flatMap(([keys, what]) => [h("dt", {}, keys), h("dd", {}, what)])),
      h("button", { type: "button", class: "cl-text", onclick: () => this.showHelp(false) }, "close"));
  }

  showHelp(open = true) {
    this.help.hidden = !open;
    (open ? this.help : this.stage).focus({ preventScroll: true });
  }

  // ---- listening

  listen() {
    this.gone = new AbortController();
    const { signal } = this.gone, on = (node, type, act, more = {}) => node.addEventListener(type, act, { signal, ...more });
    this.onData = () => { if (this.branches !== this.loaded[0] || this.selected !== this.loaded[1]) this.load(); };
    this.onWord = (word) => word?.type === "error" && this.tell(word.text);
    for (const name of ["change:branches", "change:selected"]) this.model.on(name, this.onData);
    this.model.on("msg:custom", this.onWord);
    on(this.root, "keydown", (press) => this.press(press));
    on(this.root, "pointerdown", (down) => this.menu.open && !this.menu.node.contains(down.target) && this.menu.close(false));
    for (const diagram of [this.diagram, this.parentDiagram]) this.listenDiagram(on, diagram);
    for (const net of [this.network, this.side]) on(net.canvas, "click", (click) => this.click(click, net));
    on(this.overview.canvas, "pointerdown", (down) => this.dragOverview(down));
    on(this.overview.canvas, "pointermove", (move) => { this.overview.canvas.style.cursor = this.overviewCursor(move); });
    this.sizes = new ResizeObserver(() => this.relayout());
    this.sizes.observe(this.stage);
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.retheme());
    this.skins = new MutationObserver(() => this.retheme());
    this.skins.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"] });
  }

  listenDiagram(on, diagram) {
    on(diagram.canvas, "pointerdown", (down) => this.dragDiagram(down, diagram));
    on(diagram.canvas, "pointermove", (move) => this.hover(move, diagram));
    on(diagram.canvas, "pointerleave", () => { this.tip.hidden = true; });
    on(diagram.canvas, "wheel", (wheel) => this.wheel(wheel, diagram), { passive: false });
  }

  destroy() {
    this.play(false);
    cancelAnimationFrame(this.frame);
    for (const timer of [this.waiting, this.resting]) clearTimeout(timer);
    this.gone.abort();
    this.sizes.disconnect();
    this.skins.disconnect();
    for (const name of ["change:branches", "change:selected"]) this.model.off(name, this.onData);
    this.model.off("msg:custom", this.onWord);
    this.root.remove();
  }

  // ---- data

  get live() { return this.model.get("kernel") !== false; }
  get branches() { return this.model.get("branches") ?? []; }
  get selected() { return Math.max(0, Math.min(this.branches.length - 1, this.model.get("selected") ?? 0)); }
  get calm() { return matchMedia("(prefers-reduced-motion: reduce)").matches; }

  /** The decoded trace of branch `i`, kept as long as Python keeps the branch. */
  open(i) {
    const branch = this.branches[i];
    if (!branch) return null;
    if (!this.decoded.has(branch)) this.decoded.set(branch, decode(branch));
    return this.decoded.get(branch);
  }

  load() {
    const began = performance.now(), before = this.trace;
    if (!this.branches.length) { this.root.dataset.empty = "true"; return; }
    this.loaded = [this.branches, this.selected];
    this.trace = this.open(this.selected);
    this.version += 1;
    this.looks.meet(this.trace);
    this.keepPlace(before);
    this.fillWords();
    this.relayout();
    this.stats.loadMs = performance.now() - began;
    if (this.asked) this.stats.tripMs = performance.now() - this.asked;
    this.asked = 0;
    this.tell(null);
    delete this.root.dataset.pending;
    this.root.dataset.version = this.version;
  }

  /** Stay at the same moment, in the same window, on the same event, as far as the new trace has them. */
  keepPlace(before) {
    const { trace } = this;
    if (!before || !this.window) {
      this.window = firstWindow(trace);
      this.fitted = this.window[1] - this.window[0] >= trace.until;
      this.setSpeed(this.niceSpeed());
      if (trace.meta.focus) this.now = this.window[0];
    } else this.window = this.fitted ? [0, trace.until] : clampWindow(this.window, trace.until);
    this.now = Math.min(this.now, trace.until);
    this.cursor = upper(trace.time, this.now) - 1;
    if (before && before !== trace) this.setPicked(this.picked >= 0 ? sameEvent(before, this.picked, trace) : -1);
    if (this.picked >= 0) this.cursor = this.picked;
    if (this.agent >= trace.meta.agents.length) this.agent = -1;
    if (trace.meta.parent === null) this.comparing = false;
  }

  niceSpeed() {
    const wish = (this.window[1] - this.window[0]) / 12;
    const far = (speed) => Math.abs(Math.log(speed / wish));
    return SPEEDS.reduce((best, speed) => (far(speed) < far(best) ? speed : best));
  }

  divergence() {
    const difference = this.trace.meta.divergence;
    return difference && this.trace.meta.parent !== null ? difference : null;
  }

  /** The words around the picture; each part is rebuilt only when what it says has changed. */
  fillWords() {
    const { meta } = this.trace;
    this.title.textContent = meta.title;
    this.question.textContent = meta.question;
    this.root.querySelector(".cl-head").hidden = !meta.title && !meta.question;
    this.scrub.max = this.trace.until;
    const labels = this.branches.map(({ meta: { name, parent } }) => [name, parent]);
    this.fillOnce("tabs", () => this.fillTabs(), labels, this.selected, this.comparing);
    this.fillOnce("chips", () => this.fillVerdicts(), meta.verdicts, this.trace.until);
    this.fillOnce("measures", () => this.fillMeasures(), meta.measures);
    this.fillOnce("share", () => this.fillShare(), meta.line, this.live);
    this.fillLegend();
    this.table.show(this.trace);
  }

  fillOnce(part, fill, ...words) {
    const text = JSON.stringify(words);
    this.filled = { ...this.filled };
    if (this.filled[part] !== text) fill();
    this.filled[part] = text;
  }

  // ---- branches

  fillTabs() {
    const focus = document.activeElement, tabbed = this.tabs.contains(focus), acted = [...this.acts.children].indexOf(focus);
    this.tabs.replaceChildren(...this.branches.map((branch, i) => this.tab(branch.meta, i)));
    const reason = this.live ? null : NO_KERNEL, alone = this.trace.meta.parent === null ? "this branch has no parent" : null;
    const compare = this.act("compare", "compare", alone, () => this.setCompare(!this.comparing));
    compare.setAttribute("aria-pressed", String(this.comparing));
    this.acts.replaceChildren(this.act("branch", "branch here", reason, () => this.branchHere()), compare,
      this.act("undo", "undo", reason, () => this.send({ type: "undo" })));
    if (reason) this.acts.append(h("small", { class: "cl-reason" }, "a recording: no kernel, no new faults"));
    if (tabbed) this.tabs.querySelector("[aria-selected=true]")?.focus({ preventScroll: true });
    if (acted >= 0) this.acts.children[acted].focus({ preventScroll: true });
  }

  act(name, text, off, act) {
    return h("button", { type: "button", class: "cl-text", "aria-disabled": off ? "true" : null, title: off,
      onclick: () => off || act() }, icon(name), text);
  }

  tab(meta, i) {
    const chosen = i === this.selected;
    const tab = h("button", { type: "button", role: "tab", class: "cl-tab", "aria-selected": String(chosen),
      tabindex: chosen ? "0" : "-1", title: this.live ? "double-click or F2 renames, Delete deletes" : null,
      onclick: () => this.select(i), ondblclick: () => this.rename(i) }, meta.name);
    const close = this.live && chosen && i > 0
      ? button("cross", `delete ${meta.name}`, () => this.drop(i), { class: "cl-close", tabindex: "-1" }) : null;
    return h("span", { class: "cl-tabbox", role: "presentation" }, tab, close);
  }

  pressTab(press) {
    if (press.target.tagName === "INPUT") return;
    const n = this.branches.length, here = this.selected;
    const to = { ArrowRight: (here + 1) % n, ArrowLeft: (here + n - 1) % n, Home: 0, End: n - 1 }[press.key];
    if (to !== undefined) this.select(to);
    else if (press.key === "F2") this.rename(this.selected);
    else if (press.key === "Delete") this.drop(this.selected);
    else return;
    take(press);
  }

  select(i) {
    if (i === this.selected) return;
    this.model.set("selected", i);
    this.model.save_changes();
    this.onData();
  }

  rename(i) {
    if (!this.live) return this.tell(NO_KERNEL);
    const box = this.tabs.children[i], { name } = this.branches[i].meta;
    const done = (keep) => {
      input.onblur = null;
      const text = input.value.trim();
      input.replaceWith(...kept);
      if (keep && text && text !== name) this.send({ type: "rename", branch: i, name: text });
    };
    const press = (key) => {
      key.stopPropagation();
      if (key.key !== "Enter" && key.key !== "Escape") return;
      done(key.key === "Enter");
      box.firstChild.focus();
    };
    const input = h("input", { class: "cl-rename", value: name, "aria-label": `new name for ${name}`, onkeydown: press });
    const kept = [...box.children];
    box.replaceChildren(input);
    input.onblur = () => done(true);
    input.select();
    return input.focus();
  }

  drop(i) {
    if (!this.live) this.tell(NO_KERNEL);
    else if (i > 0) this.send({ type: "delete", branch: i });
  }

  branchHere() { this.send({ type: "branch", branch: this.selected, at: micro(this.now) }); }

  setCompare(on) {
    this.comparing = on && this.trace.meta.parent !== null;
    if (this.comparing) {
      this.setView("space");
      const at = this.divergence()?.at;
      if (at !== undefined && (at < this.window[0] || at > this.window[1])) this.centre(at);
    }
    this.fillWords();
    this.relayout();
  }

  /** Ask Python; it answers with new branches, or with words. */
  send(message) {
    if (!this.live) return this.tell(NO_KERNEL);
    this.asked = performance.now();
    this.root.dataset.pending = "true";
    this.waiting = setTimeout(() => this.tell("no answer from the kernel yet"), 4000);
    return this.model.send(message);
  }

  fault(fault) { this.menu.close(); this.send({ type: "fault", branch: this.selected, fault }); }

  tell(words) {
    clearTimeout(this.waiting);
    this.notice.hidden = !words;
    this.notice.textContent = words ?? "";
    if (words) { this.asked = 0; delete this.root.dataset.pending; }
  }

  // ---- verdicts, measures, legend, share

  fillVerdicts() {
    const { verdicts } = this.trace.meta;
    this.verdictHead.hidden = !verdicts.length;
    this.because.textContent = "";
    this.chips.replaceChildren(...verdicts.map((verdict) => this.chip(verdict)));
    const broken = verdicts.filter(({ status, at }) => status === "violated" && at !== null);
    this.marks.replaceChildren(...broken.map((verdict) => this.mark(verdict)));
    const first = verdicts.find(({ status }) => status === "violated");
    if (first) this.because.textContent = because(first);
  }

  chip(verdict) {
    const [name, word] = VERDICTS[verdict.status] ?? VERDICTS.undecided;
    return h("button", { type: "button", class: `cl-chip cl-${verdict.status}`, title: because(verdict),
      "aria-label": `${verdict.name}: ${word}. ${because(verdict)}`, onclick: () => this.toVerdict(verdict) },
    icon(name), h("span", {}, verdict.name), h("small", {}, word));
  }

  mark(verdict) {
    const explain = () => this.showTip(because(verdict), node), hide = () => { this.tip.hidden = true; };
    const node = button("cross", `${verdict.name} violated ${because(verdict)}`, () => this.toVerdict(verdict),
      { class: "cl-mark", title: null, onpointerenter: explain, onfocus: explain, onpointerleave: hide, onblur: hide });
    node.at = verdict.at;
    return node;
  }

  toVerdict(verdict) {
    this.because.textContent = because(verdict);
    if (verdict.event !== null && verdict.event < this.trace.n) this.pick(verdict.event);
    else if (verdict.at !== null) this.seek(verdict.at);
  }

  showTip(words, node) {
    const box = node.getBoundingClientRect(), root = this.root.getBoundingClientRect();
    this.tip.textContent = words;
    this.tip.hidden = false;
    this.placeTip(box.left - root.left + 12, box.bottom - root.top + 6);
  }

  placeTip(x, y) {
    this.tip.style.left = `${Math.max(4, Math.min(x, this.root.clientWidth - this.tip.offsetWidth - 6))}px`;
    this.tip.style.top = `${y}px`;
  }

  fillMeasures() {
    const { measures } = this.trace.meta;
    this.measureHead.hidden = !measures.length;
    const row = ({ label, value, theory }) => h("tr", {}, h("th", { scope: "row" }, label), h("td", {}, value), h("td", {}, theory || "–"));
    const heads = ["", "counted", "theory"].map((word) => h("th", { scope: "col" }, word));
    const parts = [h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...measures.map(row))];
    this.measures.replaceChildren(...(measures.length ? parts : []));
  }

  fillShare() {
    const { line: words } = this.trace.meta;
    this.share.hidden = !words;
    const code = h("code", { class: "cl-line", tabindex: "0" }, words);
    const copy = this.act("copy", "copy", null, async () => { copy.lastChild.textContent = await copyText(words, code); });
    this.share.replaceChildren("This run: ", code, copy);
  }

  fillLegend() {
    const { meta, arrows: { name, fate, copy } } = this.trace, labels = [...new Set(name)].map((i) => meta.names[i]);
    const fates = new Set(fate), roles = meta.roles.slice(0, 12).map((role, i) => [role, i]);
    if (this.trace.spans.some(({ role }) => role.includes(DOWN))) roles.push(["down", DOWN]);
    const keys = () => [
      ...roles.map(([label, role]) => this.key(label, 16, (ctx) => fillRole(ctx, this.looks, label, role, 0, 1, 16, 10))),
      ...labels.map((label) => this.typeKey(label)),
      [LOST, CUT, DROPPED].some((f) => fates.has(f)) ? this.fateKey("lost on the way", "bad") : "",
      fates.has(UNHEARD) ? this.fateKey("receiver down", "soft") : "",
      copy.includes(1) ? this.key("duplicate", 16, (ctx) => this.hollow(ctx)) : "",
    ];
    this.fillOnce("legend", () => this.legend.replaceChildren(...keys()),
      roles, labels, [...fates], copy.includes(1), [...this.hidden], this.themes);
  }

  key(label, width, paint) { return h("span", { class: "cl-key" }, swatch(width, paint), label); }

  typeKey(label) {
    const look = this.looks.type(label), shown = !this.hidden.has(label);
    const picture = swatch(28, (ctx) => {
      const head = new Path2D();
      addHead(head, 0, 6, 27, 6, 7);
      ctx.strokeStyle = ctx.fillStyle = look.colour;
      ctx.lineWidth = look.width;
      ctx.fill(head);
      ctx.setLineDash(look.dash);
      line(ctx, 0, 6, 21, 6);
    });
    return h("button", { type: "button", class: "cl-key cl-type", "aria-pressed": String(shown),
      title: `${shown ? "hide" : "show"} ${label}`, onclick: () => this.toggleType(label) }, picture, label);
  }

  fateKey(words, colour) {
    return this.key(words, 12, (ctx) => {
      const path = new Path2D();
      addCross(path, 6, 6, 4);
      [ctx.strokeStyle, ctx.lineWidth] = [this.theme[colour], 2];
      ctx.stroke(path);
    });
  }

  hollow(ctx) {
    const path = new Path2D();
    addHead(path, 0, 6, 14, 6, 10);
    ctx.strokeStyle = this.theme.soft;
    ctx.stroke(path);
  }

  toggleType(label) {
    if (!this.hidden.delete(label)) this.hidden.add(label);
    this.fillLegend();
    this.draw();
    [...this.legend.querySelectorAll("button")].find((key) => key.textContent === label)?.focus();
  }

  // ---- layout and drawing

  /** Read the colours anew; until the page holds the player and its style sheet there are none, so look again. */
  retheme() {
    this.theme = readTheme(this.root);
    if (this.theme.bg === this.theme.ink && !this.gone.signal.aborted) requestAnimationFrame(() => this.retheme());
    this.looks.use(this.theme);
    this.themes += 1;
    if (this.trace) { this.fillLegend(); this.relayout(); }
  }

  stillKey(trace, surface) {
    const place = [this.version, surface.W, surface.H, this.gutter, this.themes, trace === this.trace];
    if (surface === this.overview) return place.join();
    return [...place, ...this.window, this.picked >= 0, this.comparing, ...this.hidden].join();
  }

  get parentTrace() { return this.comparing ? this.open(this.trace.meta.parent) : null; }

  relayout() {
    const width = this.stage.clientWidth;
    if (!this.trace) return;
    if (!width) { requestAnimationFrame(() => this.stage.clientWidth && this.relayout()); return; } // hidden for a moment
    this.gutter = this.measureGutter(width);
    const parent = this.view === "space" ? this.parentTrace : null, scale = parent ? 0.7 : width < 520 ? 0.86 : 1;
    this.diagram.caption = parent ? `this branch: ${this.trace.meta.name}` : "";
    this.parentDiagram.caption = parent ? `its parent: ${parent.meta.name}` : "";
    this.diagram.canvas.hidden = this.view !== "space";
    this.parentDiagram.canvas.hidden = !parent;
    this.network.canvas.hidden = this.view !== "network";
    this.table.node.hidden = this.view !== "events";
    if (parent) this.parentDiagram.layout(parent, width, scale);
    this.diagram.layout(this.trace, width, scale);
    this.overview.layout(this.trace, this.over.clientWidth);
    this.network.layout(this.trace, width, Math.min(460, Math.max(300, width * 0.62)));
    this.sideNet.hidden = this.aside.hidden = this.view === "network";
    this.side.layout(this.trace, Math.max(120, this.sideNet.clientWidth), 220);
    this.markView();
    this.placeMarks();
    this.draw();
    this.describe();
  }

  markView() {
    VIEWS.forEach(([view, label], i) => {
      const on = view === this.view, tab = this.viewTabs[i];
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      if (on) this.stage.setAttribute("aria-label", `${label} view; press ? for keys`);
    });
  }

  measureGutter(width) {
    const { ctx } = this.diagram, { meta } = this.trace;
    ctx.font = `600 12.5px ${this.theme.font}`;
    const names = meta.agents.map((name) => ctx.measureText(name).width);
    ctx.font = `10.5px ${this.theme.font}`;
    const roles = [...meta.roles.slice(0, 30), "down"].map((role) => ctx.measureText(role).width);
    return Math.ceil(Math.min(width < 520 ? 82 : 130, Math.max(34, ...names, ...roles) + 18));
  }

  placeMarks() {
    const ends = [-Infinity];
    for (const node of [...this.marks.children].sort((a, b) => a.at - b.at)) {
      const x = Math.min(this.overview.W - 9, Math.max(this.overview.x(node.at), ends.at(-1) + 17));
      node.style.left = `${x}px`;
      ends.push(x);
    }
  }

  /** Draw soon: many changes in one frame cost one drawing. */
  paintSoon() {
    this.frame ||= requestAnimationFrame((stamp) => {
      this.frame = 0;
      if (this.playing) this.advance(stamp);
      this.draw();
    });
  }

  draw() {
    const began = performance.now();
    this.overview.paint();
    if (this.view === "space") this.diagram.paint();
    if (this.view === "space" && this.parentTrace) this.parentDiagram.paint();
    if (this.view === "network") this.network.paint(); else this.side.paint();
    if (this.view === "events" && this.tableAt !== this.cursor) this.paintTable();
    this.tellTime();
    this.stats.frames += 1;
    this.stats.drawMs += performance.now() - began;
    if (this.playing) this.paintSoon();
  }

  paintTable() {
    this.tableAt = this.cursor;
    this.table.reveal();
    this.table.paint();
  }

  tellTime() {
    this.scrub.value = this.now;
    this.clock.textContent = `${seconds(this.now)} · event ${this.cursor + 1} of ${this.trace.n}`;
    this.aside.textContent = `At ${seconds(this.now)}`;
    if (this.saidAt === `${this.cursor} ${this.version}`) return;
    this.saidAt = `${this.cursor} ${this.version}`;
    this.scrub.setAttribute("aria-valuetext", this.clock.textContent);
    const pieces = this.cursor < 0 ? [["span", "Nothing has happened yet."]] : sentence(this.trace, this.cursor);
    this.say.replaceChildren(...pieces.map(([tag, text]) => h(tag, {}, text)));
  }

  /** Alternative text, brought up to date when the picture rests. */
  describe() {
    if (!this.trace || this.playing) return;
    const text = summary(this.trace, this.window, this.now), { title, name } = this.trace.meta;
    this.diagram.canvas.setAttribute("aria-label", `Space-time diagram of ${title || name}: ${text}`);
    this.overview.canvas.setAttribute("aria-label", `Overview of the whole run, ${this.trace.n} events; ${text}`);
    const network = `Network: ${inFlight(this.trace.arrows, this.now).length} messages under way. ${text}`;
    for (const net of [this.network, this.side]) net.canvas.setAttribute("aria-label", network);
    if (!this.parentTrace) return;
    const parent = summary(this.parentTrace, this.window, this.now);
    this.parentDiagram.canvas.setAttribute("aria-label", `Space-time diagram of the parent: ${parent}`);
  }

  // ---- time

  seek(t, follow = true) {
    this.now = Math.max(0, Math.min(this.trace.until, t));
    this.cursor = upper(this.trace.time, this.now) - 1;
    if (follow && (this.now < this.window[0] || this.now > this.window[1])) this.centre(this.now);
    this.rest();
  }

  rest() { this.paintSoon(); clearTimeout(this.resting); this.resting = setTimeout(() => this.describe(), 150); }

  centre(t) {
    const width = this.window[1] - this.window[0];
    this.setWindow([t - width * 0.35, t + width * 0.65]);
  }

  /** Select event `seq`, in every view, and go to its moment. */
  pick(seq) {
    this.play(false);
    this.setPicked(seq);
    this.seek(this.trace.time[seq]);
    this.cursor = seq;
    if (this.trace.agent[seq] !== NOBODY) this.agent = this.trace.agent[seq];
    this.tableAt = null;
  }

  setPicked(seq) {
    this.picked = seq;
    this.chain = seq < 0 ? [] : past(this.trace, seq);
    this.chainSet = new Set(this.chain);
    this.tableAt = null;
    this.fillInspect();
  }

  letGo() { this.setPicked(-1); this.agent = -1; this.rest(); }

  step(by, ofAgent = false) {
    const { trace: { n }, agent } = this;
    if (!n) return;
    const to = ofAgent ? neighbour(this.trace, this.cursor, agent, Math.sign(by)) : this.cursor + by;
    this.pick(Math.max(0, Math.min(n - 1, to)));
    if (ofAgent) this.agent = agent;
  }

  play(on) {
    if (on === this.playing) return;
    this.playing = on;
    this.last = 0;
    const [from, to] = this.looping ? this.window : [0, this.trace.until];
    if (on && this.now >= to) this.seek(from);
    if (on && this.picked >= 0) this.setPicked(-1);
    this.playButton.replaceChildren(icon(on ? "pause" : "play"));
    this.playButton.setAttribute("aria-label", on ? "pause (Space)" : "play (Space)");
    this.say.setAttribute("aria-live", on ? "off" : "polite");
    if (on) this.paintSoon(); else this.rest();
  }

  advance(stamp) {
    const gone = this.last ? Math.min(0.1, (stamp - this.last) / 1000) : 0;
    if (this.calm) return this.advanceCalmly(stamp);
    this.last = stamp;
    return this.moveTo(this.now + gone * this.speed);
  }

  /** Without motion: from event to event, two a second. */
  advanceCalmly(stamp) {
    if (this.last && stamp - this.last < 500) return;
    this.last = stamp;
    this.moveTo(this.trace.time[this.cursor + 1] ?? this.trace.until);
  }

  moveTo(t) {
    const end = this.looping ? this.window[1] : this.trace.until;
    this.now = t >= end ? (this.looping ? this.window[0] : end) : t;
    this.cursor = upper(this.trace.time, this.now) - 1;
    if (!this.looping) this.turnPage();
    if (t >= end && !this.looping) this.play(false);
  }

  /** Shortly before the playhead leaves the window, the next page. */
  turnPage() {
    const [a, b] = this.window, width = b - a;
    if (this.now < a || (this.now > a + width * 0.94 && b < this.trace.until)) {
      this.setWindow([this.now - width * 0.06, this.now + width * 0.94]);
    }
  }

  setLoop(on) { this.looping = on; this.loopButton.setAttribute("aria-pressed", String(on)); }
  setSpeed(speed) { this.speed = speed; this.speedBox.value = String(speed); }
  chooseSpeed(speed) { this.chosenSpeed = true; this.setSpeed(speed); }
  faster(by) { this.chooseSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, SPEEDS.indexOf(this.speed) + by))]); }

  /** Until the learner chooses, the speed follows the zoom. */
  easeSpeed() { if (!this.chosenSpeed && !this.playing) this.setSpeed(this.niceSpeed()); }

  setWindow(window) {
    this.window = clampWindow(window, this.trace.until);
    this.fitted = this.window[1] - this.window[0] >= this.trace.until * 0.9999;
    this.rest();
  }

  zoom(factor, about = this.now) {
    const [a, b] = this.window, t = about >= a && about <= b ? about : (a + b) / 2;
    this.setWindow(zoomed(this.window, factor, t));
    this.easeSpeed();
  }

  fit() { this.setWindow([0, this.trace.until]); this.easeSpeed(); }
  pan(share) { this.setWindow(this.window.map((t) => t + (this.window[1] - this.window[0]) * share)); }

  setView(view) { this.view = view; this.tableAt = null; this.relayout(); }

  pressView(press) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[press.key];
    if (!by) return;
    this.nextView(by);
    this.viewTabs.find((tab) => tab.tabIndex === 0).focus();
    take(press);
  }

  nextView(by = 1) { this.setView(VIEWS[(VIEWS.findIndex(([view]) => view === this.view) + by + 3) % 3][0]); }

  // ---- pointer

  point({ clientX, clientY }, node) {
    const box = node.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  }

  drag(down, canvas, move, up = () => {}) {
    if (down.button !== 0) return;
    canvas.setPointerCapture(down.pointerId);
    const over = new AbortController(), { signal } = over;
    canvas.addEventListener("pointermove", move, { signal });
    canvas.addEventListener("pointercancel", () => over.abort(), { signal });
    canvas.addEventListener("pointerup", (last) => { over.abort(); up(last); }, { signal });
  }

  dragOverview(down) {
    const view = this.overview, [x] = this.point(down, view.canvas), [a, b] = this.window, start = view.t(x);
    const moved = { both: (by) => [a + by, b + by], from: (by) => [Math.min(a + by, b), b], to: (by) => [a, Math.max(a, b + by)] };
    const grip = view.grip(x);
    if (grip) {
      this.drag(down, view.canvas, (move) => this.setWindow(moved[grip](view.t(this.point(move, view.canvas)[0]) - start)));
    } else {
      this.setWindow([start - (b - a) / 2, start + (b - a) / 2]);
      this.seek(start);
    }
  }

  overviewCursor(move) {
    const grip = this.overview.grip(this.point(move, this.overview.canvas)[0]);
    return grip === "both" ? "grab" : grip ? "ew-resize" : "pointer";
  }

  /** On the playhead: scrub. Elsewhere: move the window, or, without moving, a click. */
  dragDiagram(down, diagram) {
    const [x0] = this.point(down, diagram.canvas), from = [...this.window], scrubs = Math.abs(x0 - diagram.x(this.now)) < 6;
    const perPixel = (from[1] - from[0]) / (diagram.W - diagram.left - PAD);
    let moved = false;
    this.stage.focus({ preventScroll: true });
    this.drag(down, diagram.canvas, (move) => {
      const [x] = this.point(move, diagram.canvas);
      moved ||= Math.abs(x - x0) > 4;
      if (!moved) return;
      if (scrubs) this.seek(diagram.t(x), false); else this.setWindow(from.map((t) => t - (x - x0) * perPixel));
    }, (up) => moved || this.click(up, diagram));
  }

  wheel(wheel, diagram) {
    const [x] = this.point(wheel, diagram.canvas);
    if (wheel.ctrlKey) this.zoom(Math.exp(wheel.deltaY * 0.01), diagram.t(x));
    else if (Math.abs(wheel.deltaX) > Math.abs(wheel.deltaY)) this.pan(wheel.deltaX / diagram.W);
    else return;
    wheel.preventDefault();
  }

  hover(move, diagram) {
    if (move.buttons) return;
    const { arrow, agent } = diagram.hit(...this.point(move, diagram.canvas));
    diagram.canvas.style.cursor = arrow !== undefined || agent !== undefined ? "pointer" : "default";
    this.tip.hidden = arrow === undefined;
    if (arrow === undefined) return;
    const [x, y] = this.point(move, this.root);
    this.tip.textContent = journey(diagram.trace, arrow);
    this.placeTip(x + 12, y + 16);
  }

  click(click, view) {
    const [x, y] = this.point(click, view.canvas), { arrow, agent } = view.hit(x, y), point = this.point(click, this.root);
    this.tip.hidden = true;
    if (view.trace !== this.trace) return this.seek(view.t(x));
    if (arrow !== undefined) {
      this.pick(this.trace.arrows.end[arrow] < 0 ? this.trace.arrows.send[arrow] : this.trace.arrows.end[arrow]);
      return this.messageMenu(arrow, point);
    }
    const at = view === this.diagram && x >= view.left ? view.t(x) : this.now;
    if (agent === undefined) return view === this.diagram ? this.seek(at) : undefined;
    this.letGo();
    this.agent = agent;
    this.seek(at);
    return this.agentMenu(agent, point);
  }

  // ---- menus

  /** The items of a menu as this page can offer them: without a kernel they say why not, and offer recordings. */
  offer(title, items, point) {
    if (this.live) return this.menu.show(title, items, point);
    const go = (i) => () => { this.menu.close(); this.select(i); };
    const variants = this.branches.map(({ meta }, i) => ({ text: `show recorded variant: ${meta.name}`, act: go(i) }));
    const off = items.map((item) => ({ ...item, off: NO_KERNEL }));
    return this.menu.show(title, [...off, ...variants.filter((_, i) => i !== this.selected)], point, NO_KERNEL);
  }

  agentMenu(a, point) {
    const name = this.trace.meta.agents[a], at = this.now, down = roleAt(this.trace, a, at) === DOWN;
    this.offer(`${name} at ${seconds(at)}`, [
      { text: "crash", off: down ? "already down" : null, act: () => this.fault(FAULTS.crash(name, at)) },
      { text: "restart", off: down ? null : "it is up", act: () => this.fault(FAULTS.restart(name, at)) },
      { text: "slow down…", act: () => this.slowMenu(name, at) },
      { text: "cut a link to…", act: () => this.cutMenu(a, at) },
      { text: "partition…", act: () => this.partitionMenu(a, at) },
    ], point);
  }

  slowMenu(who, at) {
    this.askHowLong(`${who} gets slower by`, (by) => FAULTS.slow(who, by, at));
  }

  askHowLong(title, fault) {
    this.menu.show(title, [0.1, 0.5, 2].map((by) => ({ text: `${by} s`, act: () => this.fault(fault(by)) })));
  }

  cutMenu(a, at) {
    const { agents, edges } = this.trace.meta;
    const linked = (b) => b !== a && (!edges || edges.some((link) => link.includes(a) && link.includes(b)));
    const cut = (name) => ({ text: name, act: () => this.fault(FAULTS.cut(agents[a], name, at)) });
    this.menu.show(`cut the link from ${agents[a]} to`, agents.filter((_, b) => linked(b)).map(cut));
  }

  partitionMenu(a, at, together = new Set([a])) {
    const { agents } = this.trace.meta, side = (inside) => agents.filter((_, i) => together.has(i) === inside);
    const toggle = (i) => {
      if (!together.delete(i)) together.add(i);
      this.partitionMenu(a, at, together);
      this.menu.items()[i].focus();
    };
    const off = together.size && together.size < agents.length ? null : "both sides need an agent";
    this.menu.show("one side of the partition", [
      ...agents.map((name, i) => ({ text: name, checked: together.has(i), act: () => toggle(i) })),
      { text: "part them", off, act: () => this.fault(FAULTS.partition([side(true), side(false)], at)) },
    ]);
  }

  messageMenu(arrow, point) {
    const { arrows, message } = this.trace, id = message[arrows.send[arrow]];
    this.offer(journey(this.trace, arrow), [
      { text: "drop it", act: () => this.fault(FAULTS.drop(id)) },
      { text: "delay it…", act: () => this.askHowLong("it takes longer by", (by) => FAULTS.delay(id, by)) },
      { text: "duplicate it", act: () => this.fault(FAULTS.duplicate(id)) },
    ], point);
  }

  /** Where a menu opened by key appears: near the selection on the diagram. */
  anchor(a) {
    const box = this.stage.getBoundingClientRect(), root = this.root.getBoundingClientRect(), space = this.view === "space";
    const { diagram } = this, lane = diagram.canvas.offsetTop + diagram.y(Math.max(0, a));
    const [x, y] = space ? [diagram.x(this.now), lane] : [40, 40];
    return [box.left - root.left + Math.max(0, Math.min(x, box.width)), space ? y + 12 : box.top - root.top + y];
  }

  openMenu() {
    const arrow = arrowOf(this.trace, this.picked), a = this.someAgent();
    if (arrow >= 0) this.messageMenu(arrow, this.anchor(a)); else this.agentMenu(a, this.anchor(a));
  }

  someAgent() {
    const a = this.agent >= 0 ? this.agent : this.trace.agent[Math.max(0, this.cursor)];
    return a < this.trace.meta.agents.length ? a : 0;
  }

  /** What is selected: its fields, what became of it, why it happened, and what could be done to it. */
  fillInspect() {
    const { trace, picked } = this;
    this.inspect.hidden = picked < 0;
    if (picked < 0) return;
    this.inspect.replaceChildren(this.facts(trace, picked), this.causes(this.chain.slice(0, -1)));
  }

  facts(trace, seq) {
    const row = event(trace, seq), arrow = arrowOf(trace, seq), send = arrow < 0 ? row : event(trace, trace.arrows.send[arrow]);
    const facts = [["event", `${seq} · ${row.kind}`], ["agent", row.agent],
      arrow < 0 ? ["name", row.name] : ["message", `#${send.message} ${send.name}`],
      ["fields", send.text], ["journey", arrow < 0 ? null : journey(trace, arrow)]];
    return h("dl", { class: "cl-facts" }, ...facts.filter(([, value]) => value).flatMap(([key, value]) => [
      h("dt", {}, key), h("dd", {}, key === "fields" ? h("code", {}, value) : value)]));
  }

  /** The nearest causes, as sentences that lead to them. */
  causes(chain) {
    if (!chain.length) return "";
    const link = (seq) => h("button", { type: "button", class: "cl-link", onclick: () => this.pick(seq) },
      plain(sentence(this.trace, seq)));
    return h("div", { class: "cl-chain" }, h("h4", {}, `Because (${chain.length} cause${chain.length > 1 ? "s" : ""})`),
      h("ol", {}, ...chain.slice(-6).map((seq) => h("li", {}, link(seq)))));
  }

  // ---- keys

  press(press) {
    const { target, key } = press, tag = target.tagName;
    if (tag === "INPUT" && target !== this.scrub) { press.stopPropagation(); return; }
    if (tag === "SELECT" && /^(Arrow|Home|End|Enter| )/.test(key)) return;
    if ((tag === "BUTTON" || tag === "CODE") && (key === "Enter" || key === " ")) return;
    if ((press.ctrlKey || press.metaKey) && key.toLowerCase() === "z") { this.send({ type: "undo" }); take(press); return; }
    if (press.ctrlKey || press.metaKey || press.altKey || !this.trace) return;
    const act = this.keys(press.shiftKey)[key.length === 1 ? key.toLowerCase() : key];
    if (act) { act(); take(press); }
  }

  /** What each key does; letters in lower case. */
  keys(shift) {
    const name = () => this.trace.meta.agents[this.someAgent()];
    const act = { ArrowRight: () => this.bigStep(1, shift), ArrowLeft: () => this.bigStep(-1, shift),
      ArrowUp: () => this.chooseAgent(-1), ArrowDown: () => this.chooseAgent(1),
      Home: () => this.seek(0), End: () => this.seek(this.trace.until), PageUp: () => this.pan(-0.8), PageDown: () => this.pan(0.8),
      "+": () => this.zoom(1 / 1.6), "-": () => this.zoom(1.6), 0: () => this.fit(), "?": () => this.showHelp(),
      " ": () => this.play(!this.playing), l: () => this.setLoop(!this.looping), "[": () => this.faster(-1), "]": () => this.faster(1),
      v: () => this.nextView(), Escape: () => this.letGo(), Enter: () => this.openMenu(),
      c: () => this.power(false), r: () => this.power(true),
      s: () => this.fault(FAULTS.slow(name(), 0.5, this.now)), x: () => this.cutSelected(), p: () => this.partitionSelected(),
      d: () => this.ofMessage((id) => FAULTS.drop(id)), e: () => this.ofMessage((id) => FAULTS.delay(id, 0.5)),
      b: () => this.branchHere(), u: () => this.send({ type: "undo" }) };
    return { ...act, "=": act["+"], _: act["-"], ContextMenu: act.Enter };
  }

  /** Switch the selected agent off, or on again, if that changes anything. */
  power(on) {
    const a = this.someAgent(), name = this.trace.meta.agents[a], down = roleAt(this.trace, a, this.now) === DOWN;
    if (down !== on) this.tell(`${name} is ${down ? "already down" : "up"} at ${seconds(this.now)}.`);
    else this.fault(FAULTS[on ? "restart" : "crash"](name, this.now));
  }

  ofMessage(fault) {
    const arrow = arrowOf(this.trace, this.picked);
    if (arrow < 0) this.tell("select a message first");
    else this.fault(fault(this.trace.message[this.trace.arrows.send[arrow]]));
  }

  bigStep(by, shift) { this.step(shift && this.agent < 0 ? by * 10 : by, shift && this.agent >= 0); }

  chooseAgent(by) {
    const n = this.trace.meta.agents.length;
    this.agent = this.agent < 0 ? (by > 0 ? 0 : n - 1) : (this.agent + by + n) % n;
    this.setPicked(-1);  // or Enter would open the menu of that event
    const role = roleName(this.trace, roleAt(this.trace, this.agent, this.now)) || "absent";
    this.say.replaceChildren(`${this.trace.meta.agents[this.agent]} selected: ${role}. Enter opens its menu.`);
    this.rest();
  }

  cutSelected() {
    const arrow = arrowOf(this.trace, this.picked), { agents } = this.trace.meta, { from, to } = this.trace.arrows;
    if (arrow >= 0) this.fault(FAULTS.cut(agents[from[arrow]], agents[to[arrow]], this.now));
    else if (!this.live) this.tell(NO_KERNEL);
    else {
      this.menu.point = this.anchor(this.someAgent());
      this.cutMenu(this.someAgent(), this.now);
    }
  }

  partitionSelected() {
    if (!this.live) { this.tell(NO_KERNEL); return; }
    this.menu.point = this.anchor(this.someAgent());
    this.partitionMenu(this.someAgent(), this.now);
  }
}

const because = ({ at, because: why }) => `${at === null ? "" : `at ${seconds(at)}: `}${why ?? ""}`;

/** A message's way in words. */
export function journey(trace, i) {
  const { arrows: { from, to, name, t0, t1, send, fate, copy }, meta } = trace;
  const what = `${meta.names[name[i]]} #${trace.message[send[i]]} ${meta.agents[from[i]]} → ${meta.agents[to[i]]}`;
  const end = fate[i] === UNDERWAY ? FATES[UNDERWAY] : `${FATES[fate[i]]} ${seconds(t1[i])}`;
  return `${what}, sent ${seconds(t0[i])}, ${end}${copy[i] ? " (duplicate)" : ""}`;
}

/** Put text on the clipboard, or at least select it; gives the word for the button. */
async function copyText(text, node) {
  try {
    await navigator.clipboard.writeText(text);
    return "copied";
  } catch {
    getSelection().selectAllChildren(node); // no permission, or no secure page: the old way, else by hand
    return document.execCommand?.("copy") ? "copied" : "press Ctrl+C";
  }
}

/** Show a model in an element; gives the clean-up. */
function render({ model, el }) {
  const player = new Player(model, el);
  return () => player.destroy();
}

export default { render };
