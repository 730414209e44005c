// The shapes that the modules hand to each other: what Python sends, what is prepared from it, what is asked back.

export type Ctx = CanvasRenderingContext2D;
/** From and to, in seconds. */
export type Interval = [from: number, to: number];
export type Point = [x: number, y: number];
/** A rectangle in CSS pixels. */
export type Box = { x0: number; x1: number; y0: number; y1: number };
/** A line in CSS pixels. */
export type Segment = [x0: number, y0: number, x1: number, y1: number];
/** A piece of a sentence: b the time, i an utterance, span the rest. */
export type Piece = [tag: "b" | "i" | "span", text: string];

// ---- what Python sends (coordlab.widgets, `pack`)

/** A branch as the model tells of it: whole, as in a page, or its label and the key of a recording. */
export type Entry = (Branch & { key?: number }) | (Label & { key: number });

export interface Branch {
  meta: Meta;
  columns: DataView<ArrayBuffer>;
}

export type Label = Pick<Meta, "name" | "parent" | "divergence" | "turning" | "opens">;

/** What is the same for a run under every name; it is sent once. */
export interface Recording {
  meta: Omit<Meta, keyof Label>;
  columns: DataView<ArrayBuffer>;
}

/** None of Python: null in JSON, undefined where Python itself runs in the browser.  Compare it with `== null`. */
export type Maybe<T> = T | null | undefined;

export interface Meta {
  title: string;
  question: string;
  /** The scenario in one line. */
  line: string;
  name: string;
  /** Position of the branch that this one was made from. */
  parent: Maybe<number>;
  agents: string[];
  until: number;
  count: number;
  /** The tables that the numbers in the columns refer to. */
  kinds: string[];
  names: string[];
  texts: string[];
  says: Record<string, string>;
  templates: Record<string, string>;
  /** The seconds that are shown first. */
  focus: Interval;
  /** Why the run broke off; "": it did not. */
  problem: string;
  /** The roles, in the order of their looks. */
  roles: string[];
  /** How many of them are roles that agents start in, and the hatches of these. */
  resting: number;
  hatches: number[];
  /** How many spans the lane of each agent has. */
  spans: number[];
  /** How many journeys of messages there are. */
  flights: number;
  /** The message types that are drawn faintly, so that others stand out. */
  background: string[];
  /** How the lines of message types differ without colour, in pixels. */
  dashes: number[][];
  widths: number[];
  /** Pairs of agents of which one sent the other a message. */
  links: [number, number][];
  verdicts: Verdict[];
  measures: Measure[];
  faults: Fault[];
  views: OwnView[];
  /** What roles mean, by their names. */
  tones: Record<string, string>;
  /** The faults that suit the pattern. */
  offers: Offer[];
  divergence: Maybe<Divergence>;
  turning: Maybe<Turning>;
  opens: Maybe<Opening>;
}

export interface Verdict {
  name: string;
  status: "holds" | "violated" | "undecided";
  at: Maybe<number>;
  event: Maybe<number>;
  because: Maybe<string>;
}

export interface Measure {
  label: string;
  value: string;
  theory: string;
  /** How they compare: "agrees", "does not agree", "does not apply: …", or nothing. */
  judged: string;
}

/** A view of the pattern's own, with its name and a sentence that says what one sees. */
export type OwnView = TableView | GraphView | SpansView | CurvesView;

interface Named {
  name: string;
  help: string;
}

/** What changes after which event, one entry a change: its event (-1: from the beginning), the slot that it changes, the
    text there by its number in `words`, and its tone by number (-1: the slot is empty). */
export interface Changes {
  words: string[];
  event: number[];
  slot: number[];
  text: number[];
  tone: number[];
}

/** Its slots are the cells, row by row. */
export interface TableView extends Named, Changes {
  kind: "table";
  head: string;
  rows: string[];
  columns: string[];
}

/** Its slots are the nodes, then the edges, which are pairs of nodes; one that no change is about is always there.
    The places are from 0 to 1. */
export interface GraphView extends Named, Changes {
  kind: "graph";
  nodes: string[];
  edges: [from: number, to: number][];
  places: Point[];
  layout: "tree" | "ring" | "layers" | "network";
  directed: boolean;
}

/** Bars by the number of their lane; `until` None: to the end. */
export interface SpansView extends Named {
  kind: "spans";
  lanes: string[];
  bars: [lane: number, since: number, until: Maybe<number>, text: string, tone: number][];
}

/** Points in order of time; None breaks the curve.  The lines are values to compare with, by label. */
export interface CurvesView extends Named {
  kind: "curves";
  curves: { label: string, tone: string, points: [at: number, value: Maybe<number>][] }[];
  unit: string;
  steps: boolean;
  lines: Record<string, number>;
}

/** A fault that struck. */
export interface Fault {
  kind: string;
  text: string;
  at: number;
  /** Whether it takes time, and when it ends, if it does. */
  lasts: boolean;
  until: Maybe<number>;
  agents: string[];
  groups: Maybe<string[][]>;
}

/** The first event in which a branch departs from its parent. */
export interface Divergence {
  event: number;
  at: number;
}

/** Where a run is opened: its moment and the part around it, in seconds, and the event that is selected. */
export interface Opening {
  at: number;
  event: Maybe<number>;
  window: Interval;
}

/** When a run was lost. */
export interface Turning {
  property: string;
  /** The result in words. */
  words: string;
  /** The point of no return, in seconds, and the event that was decisive. */
  at: number;
  event: Maybe<number>;
  /** The share of futures that break the property, by the second that they begin at. */
  curve: [at: number, share: number][];
}

// ---- what is prepared from it

/** One branch as columns, one entry an event. */
export interface Events {
  meta: Meta;
  n: number;
  time: Float64Array;
  /** The event that caused this one; -1: none. */
  cause: Int32Array;
  message: Int32Array;
  text: Int32Array;
  agent: Uint16Array;
  peer: Uint16Array;
  name: Uint16Array;
  kind: Uint8Array;
  /** The number of each kind. */
  code: Record<string, number>;
  until: number;
  /** The end of what is shown, before `until` if the run is quiet for long at its end. */
  end: number;
}

export interface Trace extends Events {
  spans: Spans[];
  arrows: Arrows;
  /** The events that are marked on their lane. */
  marks: Int32Array;
}

/** Lane segments of one agent: a role holds until the next begins. */
export interface Spans {
  from: number[];
  role: number[];
}

/** Journeys of messages, in order of ending. */
export interface Arrows {
  count: number;
  /** The event that sent it, and the one that ended it; -1: still on the way. */
  send: Int32Array;
  end: Int32Array;
  t0: Float64Array;
  t1: Float64Array;
  from: Uint16Array;
  to: Uint16Array;
  name: Uint16Array;
  fate: Uint8Array;
  copy: Uint8Array;
  /** The earliest `t0` of this and all later journeys. */
  soonest: Float64Array;
  /** The last journey of each message. */
  of: Map<number, number>;
}

/** An event with its words looked up. */
export interface Row {
  seq: number;
  time: number;
  kind: string;
  agent: string | null;
  peer: string | null;
  name: string | null;
  text: string | null;
  message: number | null;
  cause: number;
}

/** What is under a point of a picture. */
export interface Hit {
  arrow?: number;
  agent?: number;
  words?: string;
}

// ---- how it looks

/** The colours of the theme by name, as the browser resolved them, and its font. */
export type Theme = Record<string, string>;

export interface RoleLook {
  fill: string;
  /** Of words on it. */
  ink: string;
  pattern: number | "down";
  /** Of the pattern, and how strong that is. */
  stripe: string;
  shade: number;
  /** Of the outline; "": none. */
  edge: string;
  /** Whether it is a thin line. */
  thin: boolean;
  /** Of a curve. */
  curve: string;
}

export interface TypeLook {
  colour: string;
  dash: number[];
  width: number;
  faint: boolean;
}

/** A label on the rail above the lanes, from `at` to `until`, in seconds; `row` -1: there is no room for it. */
export interface RailItem {
  at: number;
  until: number;
  text: string;
  sort: "fault" | "broken" | "differs";
  x: number;
  w: number;
  row: number;
}

// ---- what a learner asks for

/** A fault that a lab offers by name; {agent}, {at} and {until} are open in its text. */
export interface Offer {
  label: string;
  fault: string;
  /** Those that it suits; none: everybody, or it names all that it needs. */
  agents: string[];
  lasts: number;
  /** Whether it belongs to the pattern. */
  special: boolean;
}

/** From and to, in seconds; without `until` to the end of the run. */
export type Span = { at: number; until?: number };

/** A fault in the terms of the scenario. */
export type FaultRequest =
  | { kind: "Crash" | "Restart" | "Pause"; agent: string } & Span
  | { kind: "Slow"; who: string; by: number } & Span
  | { kind: "Cut" | "Fail" | "Half" | "Stale"; link: string } & Span
  | { kind: "Late"; link: string; by: number } & Span
  | { kind: "Partition"; groups: string[][] } & Span
  | { kind: "Drop" | "Duplicate"; message: number }
  | { kind: "Text"; text: string }
  | { kind: "Delay"; message: number; by: number };

export type Request =
  | { type: "fault"; branch: number; fault: FaultRequest }
  | { type: "branch"; branch: number; at: number }
  | { type: "rename"; branch: number; name: string }
  | { type: "delete"; branch: number }
  | { type: "undo" }
  | { type: "lost"; property: string }
  | { type: "need"; keys: number[] };

/** What Python says: why it cannot do what was asked, how far it is, or a recording, whose columns come as a buffer. */
export type Word = { type: "error" | "progress"; text: string } | { type: "recording"; key: number; meta: Recording["meta"] };

/** The widget's model, as far as the player uses it. */
export interface Model {
  get(key: "branches"): Entry[] | undefined;
  get(key: "selected"): number | undefined;
  get(key: "kernel" | "undoable"): boolean | undefined;
  set(key: "selected", value: number): void;
  on(event: string, hear: (word: Word, buffers: DataView<ArrayBuffer>[]) => void): void;
  off(event: string, hear: (word: Word, buffers: DataView<ArrayBuffer>[]) => void): void;
  save_changes(): void;
  send(message: Request): void;
}

/** What stands around the player in a lab has one piece of data, and asks Python. */
export interface PartModel<Data> {
  get(key: "data"): Data;
  on(event: string, hear: () => void): void;
  off(event: string, hear: () => void): void;
  send(message: PartRequest): void;
}

export type PartRequest =
  | { type: "schedule"; title: string }
  | { type: "fault"; fault: FaultRequest }
  | { type: "heal"; fault: string; at: number | null }
  | { type: "remove"; fault: string };

export interface LabHead {
  title: string;
  question: string;
  /** What the pattern is, in a few lines; "": nothing. */
  about: string;
  /** The file of its chapter; "": there is none. */
  chapter: string;
  /** The page of the gallery that this one belongs to; "": none. */
  index: string;
  /** The runs worth trying; in a page without a kernel each is the branch at a position. */
  tries: { title: string; look: string; branch?: number }[];
  /** The title of the one that is on show. */
  on: string;
}

export interface FaultDesk {
  /** Those of the run as text; `from` is null for one that cannot be ended. */
  faults: { text: string; from: Maybe<number>; until: Maybe<number> }[];
  offers: Offer[];
  agents: string[];
}

type Listeners = {
  [Name in keyof GlobalEventHandlersEventMap as `on${Name}`]?: (event: GlobalEventHandlersEventMap[Name]) => void;
};

/** Attributes and listeners of an element; true and false switch an attribute, null leaves it out. */
export interface Props extends Listeners {
  [name: string]: string | number | boolean | null | undefined | ((event: never) => void);
}

export type Child = string | Node | null;

/** An entry of a menu; `off` says why it cannot be chosen. */
export interface MenuItem {
  text: string;
  act: () => void;
  off?: Maybe<string>;
  checked?: boolean;
}

