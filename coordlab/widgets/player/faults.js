// The faults that a learner can ask for, by menu or by key.
/** @import { MenuItem, Point, FaultRequest, Span } from "./types.js" */
/** @import { Menu } from "./menu.js" */
/** @import { Scene } from "./scene.js" */
/** @import { Session } from "./session.js" */

import { arrowOf, roleAt } from "./lookup.js";
import { crashes, offered, leaves, suiting } from "./offers.js";
import { DOWN } from "./trace.js";
import { journey, seconds } from "./words.js";

/** Seconds rounded to whole microseconds, as the world counts them. @param {number} t */
export const micro = (t) => Math.round(t * 1e6) / 1e6;

/** From `at` for `long` seconds. @param {number} at @param {number} long @returns {Span} */
const span = (at, long) => ({ at: micro(at), ...(long < Infinity ? { until: micro(at + long) } : {}) });

/** The faults, in the terms of the scenario; `long` is how many seconds a fault lasts. */
export const FAULTS = {
  /** @param {string} agent @param {number} at @returns {FaultRequest} */
  crash: (agent, at, long = Infinity) => ({ kind: "Crash", agent, ...span(at, long) }),
  /** @param {string} agent @param {number} at @returns {FaultRequest} */
  restart: (agent, at) => ({ kind: "Restart", agent, ...span(at, Infinity) }),
  /** @param {string} agent @param {number} at @param {number} long @returns {FaultRequest} */
  pause: (agent, at, long) => ({ kind: "Pause", agent, ...span(at, long) }),
  /** @param {string} who @param {number} by @param {number} at @param {number} long @returns {FaultRequest} */
  slow: (who, by, at, long) => ({ kind: "Slow", who, by: micro(by), ...span(at, long) }),
  /** @param {string} from @param {string} to @param {number} at @param {number} long @returns {FaultRequest} */
  cut: (from, to, at, long) => ({ kind: "Cut", link: `${from}>${to}`, ...span(at, long) }),
  /** @param {"Fail" | "Half" | "Stale"} kind @param {string} from @param {string} to @param {number} at
   * @param {number} long @returns {FaultRequest} */
  call: (kind, from, to, at, long) => ({ kind, link: `${from}>${to}`, ...span(at, long) }),
  /** @param {string} from @param {string} to @param {number} by @param {number} at @param {number} long @returns {FaultRequest} */
  late: (from, to, by, at, long) => ({ kind: "Late", link: `${from}>${to}`, by: micro(by), ...span(at, long) }),
  /** @param {string[][]} groups @param {number} at @param {number} long @returns {FaultRequest} */
  partition: (groups, at, long) => ({ kind: "Partition", groups, ...span(at, long) }),
  /** @param {number} message @returns {FaultRequest} */
  drop: (message) => ({ kind: "Drop", message }),
  /** @param {number} message @param {number} by @returns {FaultRequest} */
  delay: (message, by) => ({ kind: "Delay", message, by: micro(by) }),
  /** @param {number} message @returns {FaultRequest} */
  duplicate: (message) => ({ kind: "Duplicate", message }),
};

/** Offers faults and asks for them. */
export class Faults {
  /** @param {Scene} scene @param {Session} session @param {Menu} menu
   * @param {(agent: number) => Point} anchor  where a menu opened by key appears */
  constructor(scene, session, menu, anchor) {
    this.scene = scene;
    this.session = session;
    this.menu = menu;
    this.anchor = anchor;
  }

  get meta() { return this.scene.trace.meta; }

  /** @param {FaultRequest} fault */
  ask(fault) {
    this.menu.close();
    this.session.send({ type: "fault", branch: this.session.selected, fault });
  }

  // ---- menus

  /** Show a menu; without a kernel its items say why they are disabled, and recordings are offered.
   * @param {string} title @param {MenuItem[]} items @param {Point} point */
  offer(title, items, point) {
    const { session, menu } = this;
    const { reason } = session;
    if (!reason) { menu.show(title, items, point); return; }
    const variants = session.branches.map(({ meta }, i) => ({ text: `show recorded variant: ${meta.name}`, act: () => {
      menu.close();
      session.select(i);
    } }));
    const off = items.map((item) => ({ ...item, off: reason }));
    menu.show(title, [...off, ...variants.filter((_, i) => i !== session.selected)], point, reason);
  }

  /** The menu of the selected message, or else of the selected agent. */
  open() {
    const arrow = arrowOf(this.scene.trace, this.scene.picked), a = this.scene.someAgent();
    if (arrow >= 0) this.messageMenu(arrow, this.anchor(a)); else this.agentMenu(a, this.anchor(a));
  }

  /** @param {number} a @param {Point} point */
  agentMenu(a, point) {
    const name = this.meta.agents[a], at = this.scene.now, down = roleAt(this.scene.trace, a, at) === DOWN;
    const offers = suiting(this.meta.offers, name, this.meta.agents);
    this.offer(`${name} at ${seconds(at)}`, [
      ...offers.map((offer) => ({
        text: leaves(offer, "until") ? `${offer.label}, for ${offer.lasts} s` : offer.label,
        off: down && offer.fault.startsWith("crash") ? "already down" : null,
        act: () => this.ask(offered(offer, name, at)) })),
      ...(crashes(offers, name) ? [] : [{ text: "crash", off: down ? "already down" : null, act: () => this.ask(FAULTS.crash(name, at)) }]),
      { text: "crash and restart…", off: down ? "already down" : null,
        act: () => this.howLong(`${name} is down for`, at, (long) => FAULTS.crash(name, at, long), false) },
      { text: "restart", off: down ? null : "already up", act: () => this.ask(FAULTS.restart(name, at)) },
      { text: "pause…", off: down ? "it is down" : null,
        act: () => this.howLong(`${name} stands still for`, at, (long) => FAULTS.pause(name, at, long), false) },
      { text: "slow down…", act: () => this.howMuch(`slow down ${name} by`, (by) => this.slowFor(name, by, at)) },
      { text: "cut a link to…", act: () => this.cutMenu(a, at) },
      { text: "spoil answers from…", act: () => this.answersMenu(a, at) },
      { text: "partition…", act: () => this.partitionMenu(a, at) },
    ], point);
  }

  /** @param {number} arrow @param {Point} point */
  messageMenu(arrow, point) {
    const { arrows, message } = this.scene.trace, id = message[arrows.send[arrow]];
    this.offer(journey(this.scene.trace, arrow), [
      { text: "drop it", act: () => this.ask(FAULTS.drop(id)) },
      { text: "delay it…", act: () => this.howMuch("delay the message by", (by) => this.ask(FAULTS.delay(id, by))) },
      { text: "duplicate it", act: () => this.ask(FAULTS.duplicate(id)) },
    ], point);
  }

  /** @param {string} title @param {(by: number) => void} act */
  howMuch(title, act) {
    this.menu.show(title, [0.1, 0.5, 2].map((by) => ({ text: `${by} s`, act: () => act(by) })));
  }

  /** Ask for a fault that begins `at`, as soon as it is clear for how long.
   * @param {string} title @param {number} at @param {(long: number) => FaultRequest} fault */
  howLong(title, at, fault, forGood = true) {
    const times = [0.5, 2, 5].map((long) => ({ text: `${long} s, until ${seconds(at + long)}`, act: () => this.ask(fault(long)) }));
    const rest = { text: "to the end of the run", act: () => this.ask(fault(Infinity)) };
    this.menu.show(title, forGood ? [...times, rest] : times);
  }

  /** @param {string} name @param {number} by @param {number} at */
  slowFor(name, by, at) { this.howLong(`${name} is slow for`, at, (long) => FAULTS.slow(name, by, at, long)); }

  /** @param {string} from @param {string} to @param {number} at */
  cutFor(from, to, at) { this.howLong(`no message from ${from} to ${to} for`, at, (long) => FAULTS.cut(from, to, at, long)); }

  /** @param {number} a @param {number} at */
  cutMenu(a, at) { this.others(`cut the link from ${this.meta.agents[a]} to`, a, (from, to) => this.cutFor(from, to, at)); }

  /** @param {number} a @param {number} at */
  answersMenu(a, at) {
    this.others(`spoil what ${this.meta.agents[a]} is answered by`, a, (from, to) => this.callMenu(from, to, at));
  }

  /** @param {string} from @param {string} to @param {number} at */
  callMenu(from, to, at) {
    const last = (/** @type {(long: number) => FaultRequest} */ fault) => this.howLong(`calls from ${from} to ${to} go wrong for`, at, fault);
    const call = (/** @type {"Fail" | "Half" | "Stale"} */ kind) => () => last((long) => FAULTS.call(kind, from, to, at, long));
    this.menu.show(`when ${from} asks ${to}, the answer`, [
      { text: "is an error…", act: call("Fail") },
      { text: "comes late…", act: () => this.howMuch("late by", (by) => last((long) => FAULTS.late(from, to, by, at, long))) },
      { text: "lacks fields…", act: call("Half") },
      { text: "is the one before…", act: call("Stale") },
    ]);
  }

  /** Offer the agents other than `a`. @param {string} title @param {number} a @param {(from: string, to: string) => void} act */
  others(title, a, act) {
    const { agents } = this.meta;
    this.menu.show(title, agents.filter((_, b) => b !== a).map((name) => ({ text: name, act: () => act(agents[a], name) })));
  }

  /** @param {number} a @param {number} at */
  partitionMenu(a, at, together = new Set([a])) {
    const { agents } = this.meta, side = (/** @type {boolean} */ inside) => agents.filter((_, i) => together.has(i) === inside);
    const toggle = (/** @type {number} */ i) => {
      if (!together.delete(i)) together.add(i);
      this.partitionMenu(a, at, together);
      this.menu.items()[i].focus();
    };
    const off = together.size && together.size < agents.length ? null : "both sides need an agent";
    this.menu.show("one side of the partition", [
      ...agents.map((name, i) => ({ text: name, checked: together.has(i), act: () => toggle(i) })),
      { text: "partition…", off, act: () => this.howLong("the two sides do not hear each other for", at,
        (long) => FAULTS.partition([side(true), side(false)], at, long)) },
    ]);
  }

  // ---- keys

  /** Switch the selected agent off, or on again, if that changes anything. @param {boolean} on */
  power(on) {
    const { trace, now } = this.scene, a = this.scene.someAgent(), name = this.meta.agents[a];
    const down = roleAt(trace, a, now) === DOWN;
    if (down !== on) this.session.notify(`${name} is ${down ? "already down" : "already up"} at ${seconds(now)}.`);
    else this.ask(FAULTS[on ? "restart" : "crash"](name, now));
  }

  slow() { this.openByKey((a) => this.slowFor(this.meta.agents[a], 0.5, this.scene.now)); }

  /** Something that happens to the selected message. @param {(message: number) => FaultRequest} fault */
  ofMessage(fault) {
    const { trace, picked } = this.scene, arrow = arrowOf(trace, picked);
    if (arrow < 0) this.session.notify("select a message first");
    else this.ask(fault(trace.message[trace.arrows.send[arrow]]));
  }

  /** Cut the link of the selected message, or ask which link of the selected agent. */
  cut() {
    const { trace, picked, now } = this.scene, arrow = arrowOf(trace, picked), { from, to } = trace.arrows;
    const { agents } = this.meta;
    this.openByKey((a) => (arrow < 0 ? this.cutMenu(a, now) : this.cutFor(agents[from[arrow]], agents[to[arrow]], now)));
  }

  partition() { this.openByKey((a) => this.partitionMenu(a, this.scene.now)); }

  /** @param {(agent: number) => void} show */
  openByKey(show) {
    if (this.session.reason) { this.session.notify(this.session.reason); return; }
    const a = this.scene.someAgent();
    this.menu.point = this.anchor(a);
    show(a);
  }
}
