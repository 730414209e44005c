// Faults that a lab offers by name.
/** @import { FaultRequest, Offer } from "./types.js" */

/** The faults among `offers` that suit an agent: those that are open for it, name it, or name nobody.
 * @param {Offer[]} offers @param {string} agent @param {string[]} everybody */
export const suiting = (offers, agent, everybody) => offers.filter((offer) => {
  if (offer.agents.length) return offer.agents.includes(agent);
  const words = offer.fault.split(/[ >,/]+/), named = everybody.filter((name) => words.includes(name));
  return leaves(offer, "agent") || !named.length || named.includes(agent);
});

/** Whether one of `offers` is to crash an agent for good. @param {Offer[]} offers @param {string} agent */
export const crashes = (offers, agent) => offers.some(({ fault }) => fault.replace("{agent}", agent) === `crash ${agent} @{at}`);

/** Whether a field such as {until} is left open. @param {Offer} offer @param {string} field */
export const leaves = ({ fault }, field) => fault.includes(`{${field}}`);

/** The fault that an offer means at a moment. @param {Offer} offer @param {string} agent @param {number} at
 * @returns {FaultRequest} */
export function offered({ fault, lasts }, agent, at, long = lasts) {
  /** @type {Record<string, string>} */
  const fields = { agent, at: at.toFixed(6), until: (at + long).toFixed(6) };
  return { kind: "Text", text: fault.replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole) };
}
