// The player's pure functions, on a trace small enough to check by hand: node --test tests/widgets/player.test.mjs
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const folder = new URL("../../coordlab/widgets/player/", import.meta.url);
const modules = readdirSync(folder).filter((name) => name.endsWith(".js"));
const player = Object.assign({}, ...await Promise.all(modules.map((name) => import(new URL(name, folder)))));
/** What Python makes of the modules, for the browser. */
const joined = await import(pathToFileURL(process.env.COORDLAB_JOINED));

const KINDS = ["start", "crash", "restart", "send", "deliver", "drop", "handle", "late", "timer", "state", "note", "decision", "fault", "heal"];
const AGENTS = ["ann", "bob", "cat"];
const EVENT = [Float64Array, Int32Array, Int32Array, Int32Array, Uint16Array, Uint16Array, Uint16Array, Uint8Array];
const SPAN = [Int32Array, Int32Array], FLIGHT = [Int32Array, Int32Array, Uint8Array, Uint8Array];

/** The lanes of the rows, [agent, event that began it, role], read as Python reads them: roles are idle (0) and busy (1). */
function spansOf(rows) {
  const role = { start: () => 0, restart: () => 0, crash: () => -1, state: (row) => ["idle", "busy"].indexOf(row[7]) };
  return AGENTS.map((agent) => rows.flatMap((row, seq) => (row[2] === agent && role[row[1]] ? [[seq, role[row[1]](row)]] : [])));
}

/** The flights of the rows, [sent, ended, fate, copy], in order of ending. */
function flightsOf(rows) {
  const sent = new Map(rows.flatMap((row, seq) => (row[1] === "send" ? [[row[4], seq]] : []))), seen = new Set();
  const ended = rows.flatMap(([, kind, , , id], seq) => {
    if (kind !== "deliver" && kind !== "drop") return [];
    const copy = seen.has(id) ? 1 : 0;
    seen.add(id);
    return [[sent.get(id), seq, kind === "drop" ? 1 : 0, copy]];
  });
  return [...ended, ...[...sent].filter(([id]) => !seen.has(id)).map(([, seq]) => [seq, -1, 5, 0])];
}

/** A branch as Python packs it, from rows [time, kind, agent, peer, message, name, cause, text]; `shift` bytes into its buffer. */
function branch(rows, about = {}, shift = 0) {
  const names = [...new Set(rows.map((row) => row[5]).filter(Boolean))], texts = [...new Set(rows.map((row) => row[7]).filter(Boolean))];
  const at = (table, word, none) => (word === undefined || word === null ? none : table.indexOf(word));
  let highest = 0;
  const below = (message) => [message === null ? 2 ** 31 - 1 : highest - message, highest = Math.max(highest, message)][0];
  const events = rows.map(([time, kind, agent, peer, message, name, cause, text], seq) => [
    1e6 * (time - (rows[seq - 1]?.[0] ?? 0)), (cause ?? null) === null ? 0 : seq - cause, below(message ?? null), at(texts, text, -1),
    at(AGENTS, agent, 65535), at(AGENTS, peer, 65535), at(names, name, 65535), KINDS.indexOf(kind)]);
  const spans = spansOf(rows), flights = flightsOf(rows);
  const columns = [...columnsOf(events, EVENT), ...columnsOf(spans.flat(), SPAN), ...columnsOf(flights, FLIGHT)];
  const view = new DataView(new ArrayBuffer(columns.length + shift), shift);
  columns.forEach((byte, i) => view.setUint8(i, byte));
  const meta = { agents: AGENTS, until: 10, count: rows.length, kinds: KINDS, names, texts, roles: ["idle", "busy"], spans: spans.map((lane) => lane.length),
    flights: flights.length, background: [], dashes: [[], [6, 3]], widths: [1.5, 1.4],
    says: { Hello: "Is anybody there?" }, templates: { send: "{agent} to {peer}: “{says}”", drop: "{name} is {data}.", state: "{agent} is {data}." },
    verdicts: [], faults: [], links: [], views: [], tones: {}, focus: [0, 10], problem: "", resting: 1, hatches: [0, 5], ...about };
  return { meta, columns: view };
}

/** The bytes of a table, column after column. */
const columnsOf = (table, types) => types.flatMap((Type, i) => [...new Uint8Array(Type.from(table, (row) => row[i]).buffer)]);

const ROWS = [
  [0, "start", "ann", null, null, "Node"],
  [0, "start", "bob", null, null, "Node"],
  [1, "send", "ann", "bob", 1, "Hello", 0, "Hello()"],
  [1, "send", "ann", "cat", 2, "Hello", 0, "Hello()"],
  [2, "deliver", "bob", "ann", 1, "Hello", 2],
  [2, "handle", "bob", "ann", 1, "Hello", 4],
  [2, "state", "bob", null, null, "role", 5, "busy"],
  [3, "drop", "cat", "ann", 2, "Hello", 3, "lost"],
  [4, "deliver", "bob", "ann", 1, "Hello", 2],
  [5, "crash", "bob"],
  [8, "restart", "bob", null, null, "Node"],
  [9, "send", "bob", "ann", 3, "Bye", 10, "Bye()"],
];
const TRACE = player.decode(branch(ROWS));

test("columns are read at any offset of a buffer", () => {
  for (const shift of [0, 1, 3]) assert.deepEqual([...player.decode(branch(ROWS, {}, shift)).time], ROWS.map((row) => row[0]));
});

test("columns that do not fit the number of events are refused", () => {
  const { meta, columns } = branch(ROWS);
  assert.throws(() => player.decode({ meta: { ...meta, count: 99 }, columns }), /promises more than its \d+ bytes hold/);
  assert.throws(() => player.decode({ meta: { ...meta, flights: 0 }, columns }), /promises 12 events and 0 flights: 40 bytes are left/);
});

test("a binary search of a column equals a scan", () => {
  const column = Float64Array.from({ length: 200 }, (_, i) => Math.floor(i / 3));
  for (const x of [-1, 0, 0.5, 1, 33, 65.9, 66, 67]) {
    assert.equal(player.upper(column, x), column.filter((entry) => entry <= x).length);
    assert.equal(player.lower(column, x), column.filter((entry) => entry < x).length);
  }
});

test("a lane is idle, busy, down, and idle again", () => {
  assert.deepEqual(TRACE.spans[1], { from: [0, 2, 5, 8], role: [0, 1, player.DOWN, 0] });
  assert.deepEqual(TRACE.spans[2], { from: [0], role: [player.ABSENT] });
  assert.deepEqual([1.9, 2, 6, 8].map((t) => player.roleName(TRACE, player.roleAt(TRACE, 1, t))), ["idle", "busy", "down", "idle"]);
});

test("a message delivered twice has two arrows, one on the way lasts to the end", () => {
  const { send, end, t0, t1, fate, copy } = TRACE.arrows;
  assert.deepEqual([...send], [2, 3, 2, 11]);
  assert.deepEqual([...end], [4, 7, 8, -1]);
  assert.deepEqual([...t0], [1, 1, 1, 9]);
  assert.deepEqual([...t1], [2, 3, 4, 10]);
  assert.deepEqual([...fate], [player.ARRIVED, player.LOST, player.ARRIVED, player.UNDERWAY]);
  assert.deepEqual([...copy], [0, 0, 1, 0]);
});

test("the messages in flight equal those found by a scan", () => {
  const { t0, t1, count } = TRACE.arrows;
  for (let t = 0; t <= 10; t += 0.25) {
    const scan = Array.from({ length: count }, (_, i) => i).filter((i) => t0[i] <= t && t < t1[i]);
    assert.deepEqual(player.inFlight(TRACE.arrows, t), scan);
  }
});

test("all arrows that overlap a window are found, for any delays", () => {
  let seed = 7;
  const dice = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const sends = Array.from({ length: 300 }, (_, i) => [dice() * 9, i + 1]), rows = [];
  for (const [t, id] of sends) rows.push([t, "send", "ann", "bob", id, "Hello"], [Math.min(10, t + dice() ** 4 * 6), "deliver", "bob", "ann", id, "Hello"]);
  const { arrows } = player.decode(branch(rows.sort((a, b) => a[0] - b[0])));
  for (const [a, b] of [[0, 1], [3, 3.1], [8, 10], [5, 5]]) {
    const [first, last] = player.between(arrows, a, b), found = new Set();
    for (let i = first; i < last; i++) found.add(i);
    for (let i = 0; i < arrows.count; i++) if (arrows.t0[i] <= b && arrows.t1[i] >= a) assert.ok(found.has(i));
  }
});

test("send, delivery, copy and handling lead to their own arrow; a state change to none", () => {
  assert.deepEqual([4, 8, 7, 3, 6].map((seq) => player.arrowOf(TRACE, seq)), [0, 2, 1, 1, -1]);
});

test("the causal past is the chain of causes from the first", () => {
  assert.deepEqual(player.past(TRACE, 6), [0, 2, 4, 5, 6]);
  assert.deepEqual(player.past(TRACE, 9), [9]);
});

test("the neighbour of an event is the next one of the same agent, or itself", () => {
  assert.equal(player.neighbour(TRACE, 4, 1, 1), 5);
  assert.equal(player.neighbour(TRACE, 9, 1, -1), 8);
  assert.equal(player.neighbour(TRACE, 3, 0, 1), 3);
});

test("a search finds events that contain every word, and messages by number", () => {
  assert.equal(player.search(TRACE, "  "), null);
  assert.deepEqual([...player.search(TRACE, "hello CAT")], [3, 7]);
  assert.deepEqual([...player.search(TRACE, "#1 deliver")], [4, 8]);
  assert.deepEqual([...player.search(TRACE, "nothing like it")], []);
});

test("a sentence has its time in bold and the utterance quoted once", () => {
  assert.deepEqual(player.sentence(TRACE, 2), [["b", "1.000 s"], ["span", " · "], ["span", "ann"], ["span", " to "], ["span", "bob"], ["span", ": "], ["i", "“Is anybody there?”"]]);
  assert.equal(player.plain(player.sentence(TRACE, 7)), "3.000 s · Hello is lost.");
  assert.equal(player.plain(player.sentence(TRACE, 9)), "5.000 s · bob crash");
});

test("the description counts the messages in the window and names the roles", () => {
  const text = player.summary(TRACE, [0, 5], 6);
  assert.match(text, /3 agents, 0\.00 to 5\.00 of 10\.00 seconds, 3 messages, 1 of them not delivered/);
  assert.match(text, /ann idle, bob down, cat absent/);
});

test("an event is found in another trace that is equal up to it, and only there", () => {
  const more = player.decode(branch([[0, "start", "cat", null, null, "Node"], ...ROWS.map((row) => [...row])]));
  assert.equal(player.sameEvent(TRACE, 6, more), 7);
  assert.equal(player.sameEvent(TRACE, 9, player.decode(branch(ROWS.slice(0, 5)))), -1);
});

test("faults have the terms of a scenario, and times in whole microseconds", () => {
  const { FAULTS } = player;
  assert.deepEqual(FAULTS.crash("5", 3.00000049), { kind: "Crash", agent: "5", at: 3 });
  assert.deepEqual(FAULTS.crash("5", 3, 0.1 + 0.2), { kind: "Crash", agent: "5", at: 3, until: 3.3 });
  assert.deepEqual(FAULTS.cut("1", "2", 1.5, Infinity), { kind: "Cut", link: "1>2", at: 1.5 });
  assert.deepEqual(FAULTS.call("Half", "1", "2", 1.5, 1), { kind: "Half", link: "1>2", at: 1.5, until: 2.5 });
  assert.deepEqual(FAULTS.late("1", "2", 0.5, 1.5, 1), { kind: "Late", link: "1>2", by: 0.5, at: 1.5, until: 2.5 });
  assert.deepEqual(FAULTS.partition([["1"], ["2", "3"]], 0.1 + 0.2, 2), { kind: "Partition", groups: [["1"], ["2", "3"]], at: 0.3, until: 2.3 });
  assert.deepEqual(FAULTS.delay(17, 0.5), { kind: "Delay", message: 17, by: 0.5 });
});

test("ticks are round, inside the window, and about as many as requested", () => {
  assert.deepEqual(player.ticks(0, 20, 5), { at: [0, 5, 10, 15, 20], digits: 0 });
  for (const [a, b] of [[2.9, 4.1], [0, 0.003], [1234.5, 99999]]) {
    const { at } = player.ticks(a, b, 8);
    assert.ok(at.length >= 3 && at.length <= 10, `${at}`);
    assert.ok(at.every((t) => t >= a - 1e-9 && t <= b + 1e-9));
  }
});

test("labels in one row never overlap", () => {
  const items = [0, 5, 40, 41, 42, 90].map((x) => ({ x, w: 30 })), rows = player.stack(items, 2);
  items.forEach((one, i) => items.forEach((other, j) => {
    if (i < j && rows[i] >= 0 && rows[i] === rows[j]) assert.ok(one.x + one.w < other.x);
  }));
  assert.deepEqual(rows, [0, 1, 0, 1, -1, 0]);
});

test("faults that overlap have a row each, up to four, and are all named under the pointer", () => {
  const frame = (/** @type {number} */ count) => {
    const faults = Array.from({ length: count }, (_, i) => ({ kind: "Crash", text: `crash ${i} @1`, at: 1, lasts: true, until: null }));
    const { meta, columns } = branch(ROWS, { faults }), ctx = { measureText: (words) => ({ width: 6 * words.length }) };
    return { ctx, left: 30, head: 4, scene: { theme: {} }, caption: "", trace: player.decode({ meta, columns }), x: (t) => 10 * t };
  };
  assert.deepEqual([0, 1, 3, 6].map((count) => player.railRows(frame(count), 900)), [0, 1, 3, 4]);
  const six = frame(6), items = player.railItems(six);
  assert.deepEqual(items.map(({ until }) => until), Array(6).fill(Infinity)); // those for good have a band as well
  assert.equal(player.railAt(six, items, 40, 12), "crash 0; crash 1; crash 2; crash 3; crash 4; crash 5");
  assert.equal(player.railAt(six, items, 2, 12), "");
});

test("a window stays within the run and keeps its width", () => {
  assert.deepEqual(player.clampWindow([-3, 1], 10), [0, 4]);
  assert.deepEqual(player.clampWindow([8, 14], 10), [4, 10]);
  assert.deepEqual(player.clampWindow([-5, 50], 10), [0, 10]);
  assert.deepEqual(player.zoomed([2, 6], 0.5, 3), [2.5, 4.5]);
});

test("the ink on a colour is the one with more contrast", () => {
  for (const [colour, ink] of [["rgb(0, 114, 178)", "#ffffff"], ["rgb(240, 228, 66)", "#0d1115"], ["rgb(213, 94, 0)", "#0d1115"]]) {
    assert.equal(player.inkOn(colour), ink);
  }
});

test("an empty trace has nothing to draw", () => {
  const empty = player.decode(branch([]));
  assert.equal(empty.n, 0);
  assert.equal(empty.arrows.count, 0);
});

/** A copy in which nothing is null but undefined, as Pyodide passes None on. */
const withoutNull = (value) => (value === null ? undefined : value instanceof DataView || typeof value !== "object" ? value
  : Array.isArray(value) ? value.map(withoutNull) : Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutNull(each)])));

test("null and undefined mean the same", () => {
  const verdict = { name: "calm", status: "violated", at: null, event: null, because: null };
  const fault = { kind: "Crash", text: "crash ann @2", at: 2, lasts: true, until: null, agents: ["ann"], groups: null };
  const sent = branch(ROWS, { parent: null, divergence: null, verdicts: [verdict], faults: [fault] });
  const all = (part) => {
    const trace = player.decode(part), scene = new player.Scene();
    scene.show(trace, null);
    scene.visit(6);
    const { verdicts: [broken], faults: [crash] } = trace.meta;
    return [player.because(broken), player.endOf(crash), player.divergence(trace), player.summary(trace, [0, 5], 6), scene.chain,
      player.railItems({ trace, scene, caption: "" }), player.event(trace, 0)];
  };
  assert.deepEqual(all(withoutNull(sent)), all(sent));
  assert.deepEqual(all(sent).slice(0, 3), ["", Infinity, null]);
});

test("roles that agents start in are grey, others have a colour and a hatch each, in every branch", () => {
  const looks = new player.Looks();
  looks.use(Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`role${i}`, `rgb(${i}, 0, 0)`])));
  looks.meet(TRACE);
  looks.meet(player.decode(branch(ROWS, { roles: ["free", "idle", "late"], resting: 3 })));
  assert.deepEqual(["idle", "busy", "free", "late"].map((role) => [looks.role(role).fill, looks.role(role).pattern]),
    [["rgb(0, 0, 0)", 0], ["rgb(1, 0, 0)", 1], ["rgb(0, 0, 0)", 5], ["rgb(0, 0, 0)", 0]]);
});

/** How long `act` takes, in ms: the best of three. @param {() => unknown} act */
const duration = (act) => Math.min(...[1, 2, 3].map(() => {
  const began = performance.now();
  act();
  return performance.now() - began;
}));

test("a hundred thousand events are decoded and searched as fast as JSON of the rows is read", () => {
  const rows = [];
  for (let i = 0; i < 50_000; i++) rows.push([i / 5000, "send", "ann", "bob", i + 1, "Hello"], [i / 5000, "deliver", "bob", "ann", i + 1, "Hello"]);
  const packed = branch(rows), trace = player.decode(packed), text = JSON.stringify(rows), read = duration(() => JSON.parse(text));
  const decoded = duration(() => player.decode(packed)), searched = duration(() => player.search(trace, "hello bob deliver"));
  assert.ok(decoded < Math.max(300, 6 * read), `decoding took ${decoded} ms, reading JSON ${read} ms`);
  assert.ok(searched < Math.max(100, 3 * read), `searching took ${searched} ms, reading JSON ${read} ms`);
});

test("the joined modules export the same names as the modules, but render in the widget", () => {
  assert.deepEqual(Object.keys(joined).filter((name) => name !== "default").concat("render").sort(), Object.keys(player).sort());
  assert.deepEqual(Object.keys(joined.default), ["render"]);
});

test("the joined modules do the same as the modules", () => {
  const trace = joined.decode(branch(ROWS));
  assert.deepEqual(trace, TRACE);
  for (let seq = 0; seq < trace.n; seq++) {
    assert.deepEqual(joined.sentence(trace, seq), player.sentence(TRACE, seq));
    assert.deepEqual(joined.past(trace, seq), player.past(TRACE, seq));
  }
  assert.equal(joined.summary(trace, [0, 5], 6), player.summary(TRACE, [0, 5], 6));
});

test("a scene keeps time, window and selection when another branch is shown", () => {
  const scene = new player.Scene();
  scene.show(TRACE, null);
  scene.setWindow([1, 5]);
  scene.visit(6);
  scene.show(player.decode(branch([[0, "start", "cat", null, null, "Node"], ...ROWS])), null);
  assert.deepEqual([scene.now, scene.window, scene.picked, scene.cursor], [2, [1, 5], 7, 7]);
  scene.show(player.decode(branch(ROWS.slice(0, 5), { until: 4 })), null);
  assert.deepEqual([scene.now, scene.window, scene.picked, scene.cursor], [2, [0, 4], -1, 4]);
  scene.show(TRACE, null);
  assert.deepEqual(scene.window, [1, 5]);
});

test("a run that broke off is shown at its end, and then again what was chosen before", () => {
  const broken = player.decode(branch(ROWS.slice(0, 9), { until: 4, problem: "no such rank" })), scene = new player.Scene();
  scene.show(TRACE, null);
  scene.setWindow([0, 2]);
  scene.show(broken, null);
  assert.deepEqual(scene.window, [2, 4]);
  scene.show(TRACE, null);
  assert.deepEqual(scene.window, [0, 2]);
  const first = new player.Scene();
  first.show(broken, null);
  assert.deepEqual([first.now, first.cursor], [4, 8]);
});

test("an agent that was selected stays so from event to event", () => {
  const scene = new player.Scene(), playback = new player.Playback(scene);
  scene.show(TRACE, null);
  assert.equal(scene.someAgent(), 1); // of the current event
  scene.chooseAgent(-1);
  for (const by of [1, 1, 1]) playback.step(by);
  assert.deepEqual([scene.agent, scene.someAgent(), TRACE.agent[scene.cursor]], [2, 2, 1]);
});

test("a graph or table that begins empty is first shown with its first entry", () => {
  const first = (view) => {
    const scene = new player.Scene();
    scene.show(player.decode(branch(ROWS, { focus: [0, 5], views: [view] })), null);
    return scene.now;
  };
  assert.deepEqual([{ kind: "graph", event: [3] }, { kind: "graph", event: [-1, 3] }, { kind: "graph", event: [] }, { kind: "table", event: [3] }, { kind: "curves" }].map(first),
    [TRACE.time[3], 0, 0, TRACE.time[3], 0]);
});

test("an axis holds 0 and every value, and is never empty", () => {
  assert.deepEqual([[], [0], [3, 1], [-3, -1], [-2, 5]].map(player.extent), [[0, 1], [0, 1], [0, 3], [-3, 0], [-2, 5]]);
});

test("curves that end at one height share a label", () => {
  const said = [], heights = [2, 1, 1, 1, 1, 1, 0];
  const curves = heights.map((value, i) => ({ label: `e${i}`, tone: "normal", points: [[0, value]] }));
  const scene = { theme: {}, window: [0, 1] };
  Object.assign(Object.create(player.Curves.prototype),
    { view: { curves }, scene, W: 400, low: 0, top: 2, name: (_, words) => said.push(words) }).nameCurves();
  assert.deepEqual(said, ["e0", "e1, e2 and 3 more", "e6"]);
});

test("a run that is quiet at its end is shown to its last event, fault or violation", () => {
  const end = (more) => player.decode(branch(ROWS, { until: 40, focus: [0, 1], ...more })).end;
  const last = TRACE.time.at(-1), violated = { name: "done", status: "violated", at: 20, event: null, because: "" };
  assert.equal(end({}), 1.05 * last);
  assert.equal(end({ verdicts: [violated] }), 21);
  assert.equal(end({ verdicts: [{ ...violated, status: "holds" }] }), 1.05 * last);
  assert.equal(end({ faults: [{ kind: "Crash", text: "crash ann @1", at: 1, lasts: true, until: 30 }] }), 31.5);
  assert.equal(end({ problem: "no such rank" }), 40);
});

test("an offer is made to those that it is open to, and to those that it names", () => {
  const offers = [
    { label: "a voter crashes", fault: "crash {agent} @{at}", agents: ["v1", "v2"], lasts: 2, special: true },
    { label: "the chair crashes", fault: "crash chair @{at}..{until}", agents: [], lasts: 1, special: true },
    { label: "answers are lost", fault: "cut v1>chair @{at}..{until}", agents: [], lasts: 1, special: true },
    { label: "slow", fault: "slow {agent} 0.5 @{at}", agents: [], lasts: 1, special: true },
  ];
  const made = (agent) => player.suiting(offers, agent, ["chair", "v1", "v2"]).map(({ label }) => label);
  assert.deepEqual(made("v2"), ["a voter crashes", "slow"]);
  assert.deepEqual(made("v1"), ["a voter crashes", "answers are lost", "slow"]);
  assert.deepEqual(made("chair"), ["the chair crashes", "answers are lost", "slow"]);
  const crashes = (agent) => player.crashes(player.suiting(offers, agent, ["chair", "v1", "v2"]), agent);
  assert.deepEqual(["v2", "chair"].map(crashes), [true, false]);
});
