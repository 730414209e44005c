// Faults that a lab offers by name.
/** @import { FaultRequest, Offer } from "./types.js" */

/** The faults among `offers` that suit an agent. @param {Offer[]} offers @param {string} agent */
export const suiting = (offers, agent) => offers.filter(({ agents }) => !agents.length || agents.includes(agent));

/** Whether a field such as {until} is left open. @param {Offer} offer @param {string} field */
export const leaves = ({ fault }, field) => fault.includes(`{${field}}`);

/** The fault that an offer means at a moment. @param {Offer} offer @param {string} agent @param {number} at
 * @returns {FaultRequest} */
export function offered({ fault, lasts }, agent, at, long = lasts) {
  /** @type {Record<string, string>} */
  const fields = { agent, at: at.toFixed(6), until: (at + long).toFixed(6) };
  return { kind: "Text", text: fault.replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole) };
}
