// How roles and message types look, in the colours of the current theme.
/** @import { Ctx, RoleLook, Theme, Trace, TypeLook } from "./types.js" */

import { context, h } from "./elements.js";

const COLOURS = ["bg", "ink", "soft", "line", "panel", "accent", "bad", "good", "down", "idle", "calm", "stripe", "tint", "no", "onamber",
  ...Array.from({ length: 8 }, (_, i) => `role${i}`), ...Array.from({ length: 7 }, (_, i) => `type${i}`)];

/** @typedef {number | "down"} Pattern */

/** What a tone looks like: its colours by name, and how it differs without colour.
 * @type {Record<string, { fill: string, ink: string, pattern?: Pattern, stripe?: string, shade?: number, edge?: string, curve: string }>} */
const TONE_LOOKS = {
  normal: { fill: "calm", ink: "ink", curve: "soft" },
  idle: { fill: "idle", ink: "soft", curve: "idle" }, // a thin line
  active: { fill: "role1", ink: "bg", curve: "role1" },
  between: { fill: "role2", ink: "onamber", pattern: 2, stripe: "stripe", shade: 1, curve: "type3" },
  failed: { fill: "bad", ink: "bg", pattern: 6, stripe: "bg", shade: 0.22, curve: "bad" },
  stuck: { fill: "tint", ink: "bad", edge: "bad", curve: "bad" },
  down: { fill: "down", ink: "ink", pattern: "down", stripe: "soft", shade: 0.75, curve: "soft" },
  no: { fill: "no", ink: "bg", pattern: 5, stripe: "bg", shade: 0.25, curve: "no" },
};

/** Colours and fonts of the theme in force, resolved by the browser. @param {HTMLElement} root */
export function readTheme(root) {
  const probe = h("i", { hidden: true });
  root.append(probe);
  /** @type {Theme} */
  const theme = { font: getComputedStyle(root).fontFamily };
  for (const name of COLOURS) {
    probe.style.color = `var(--cl-${name})`;
    theme[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return theme;
}

/** Black or white, the one that has more contrast with the colour, as WCAG 2.1 defines it. @param {string} colour */
export function inkOn(colour) {
  const [r, g, b] = (colour.match(/[\d.]+/g) ?? [0, 0, 0]).map((part) => Number(part) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.19 ? "#0d1115" : "#ffffff";
}

/** Numbers labels in order of first use, and keeps the number: a colour means the same in every branch. */
class Numbering {
  /** @type {Map<string, number>} */
  numbers = new Map();

  /** @param {string} label */
  of(label) {
    let number = this.numbers.get(label);
    if (number === undefined) this.numbers.set(label, number = this.numbers.size);
    return number;
  }
}

/** How roles and message types look: colour, and pattern or dash, by label. */
export class Looks {
  resting = new Numbering();
  roles = new Numbering();
  types = new Numbering();
  /** What roles mean, by their names. @type {Record<string, string>} */
  tones = {};
  /** @type {Set<string>} */
  faint = new Set();
  /** How the roles that agents start in differ. @type {number[]} */
  hatches = [];
  /** How the lines of message types differ. @type {number[][]} */
  dashes = [];
  /** @type {number[]} */
  widths = [];
  /** @type {Map<string, CanvasPattern>} */
  tiles = new Map();
  /** @type {Theme} */
  theme = {};
  /** How many themes there have been. */
  version = 0;

  /** Looks go by name, so that they are the same from run to run; the roles that agents start in are grey.
   * @param {Trace} trace */
  meet(trace) {
    const { meta } = trace, faint = new Set(meta.background), sent = [...new Set(trace.arrows.name)];
    this.tones = meta.tones;
    meta.roles.forEach((role, i) => {
      if (Object.hasOwn(meta.tones, role)) return;
      if (i < meta.resting && !this.roles.numbers.has(role)) this.resting.of(role); else this.colour(role);
    });
    [this.hatches, this.dashes, this.widths] = [meta.hatches, meta.dashes, meta.widths];
    for (const name of sent.sort((a, b) => (meta.names[a] < meta.names[b] ? -1 : 1))) {
      const label = meta.names[name];
      if (faint.has(label) && !this.types.numbers.has(label)) this.faint.add(label);
      if (!this.faint.has(label)) this.types.of(label);
    }
  }

  /** @param {Theme} theme */
  use(theme) {
    this.theme = theme;
    this.tiles.clear();
    this.version += 1;
  }

  /** The number of a role's colour, and of its shape in the network; 0: agents start in it, or its tone is normal or idle.
   * @param {string} label */
  colour(label) {
    const tone = Object.keys(TONE_LOOKS).indexOf(this.tones[label]);
    return tone >= 0 ? Math.max(0, tone - 1) : this.resting.numbers.has(label) ? 0 : 1 + this.roles.of(label) % 7;
  }

  /** @param {string} tone @returns {RoleLook} */
  tone(tone) {
    const { fill, ink, pattern = 0, stripe = "ink", shade = 1, edge = "", curve } = TONE_LOOKS[tone], { theme } = this;
    return { fill: theme[fill], ink: theme[ink], pattern, stripe: theme[stripe], shade, edge: theme[edge] ?? "", thin: tone === "idle", curve: theme[curve] };
  }

  /** @param {string} label @returns {RoleLook} */
  role(label) {
    if (Object.hasOwn(this.tones, label)) return this.tone(this.tones[label]);
    const colour = this.colour(label), fill = this.theme[`role${colour}`], i = colour ? this.roles.of(label) : this.resting.of(label);
    const pattern = colour ? (colour + Math.floor(i / 7)) % 8 : this.hatches[i % this.hatches.length];
    const ink = inkOn(fill);
    return { fill, pattern, ink, stripe: ink, shade: colour ? 0.3 : 0.16, edge: "", thin: false, curve: fill };
  }

  /** @param {string} label @returns {TypeLook} */
  type(label) {
    if (this.faint.has(label)) return { colour: this.theme.soft, dash: [1.5, 3], width: 1, faint: true };
    const i = this.types.of(label), turn = Math.floor(i / 7);
    return { colour: this.theme[`type${i % 7}`], dash: this.dashes[(i + turn) % 7], width: this.widths[(i + turn) % 7], faint: false };
  }

  /** A repeating pattern, so that roles differ without colour.
   * @param {Ctx} ctx @param {Pattern} pattern @param {string} ink */
  tile(ctx, pattern, ink) {
    const key = `${pattern} ${ink}`, ratio = window.devicePixelRatio || 1;
    let tile = this.tiles.get(key);
    if (!tile) { // a pattern is null for an empty image only
      tile = /** @type {CanvasPattern} */ (ctx.createPattern(drawTile(pattern, ink, ratio), "repeat"));
      this.tiles.set(key, tile);
    }
    tile.setTransform(new DOMMatrix().scale(1 / ratio));
    return tile;
  }
}

/** @param {Pattern} pattern @param {string} ink @param {number} ratio */
function drawTile(pattern, ink, ratio) {
  const size = 8, tile = document.createElement("canvas"), ctx = context(tile);
  tile.width = tile.height = size * ratio;
  ctx.scale(ratio, ratio);
  ctx.strokeStyle = ctx.fillStyle = ink;
  ctx.lineWidth = 1.1;
  /** @type {Record<Pattern, string[]>} */
  const strokes = {
    2: ["M2 0V8", "M6 0V8"], 3: ["M-1 9L9 -1", "M-1 1L1 -1", "M7 9L9 7"], 5: ["M0 2H8", "M0 6H8"],
    6: ["M-1 -1L9 9", "M7 -1L9 1", "M-1 7L1 9"], 7: ["M0 4H8", "M4 0V8"], down: ["M-1 9L9 -1", "M-1 1L1 -1", "M7 9L9 7"],
  };
  for (const path of strokes[pattern] ?? []) ctx.stroke(new Path2D(path));
  if (pattern === 4) for (const [x, y] of [[2, 2], [6, 6]]) ctx.fill(new Path2D(`M${x - 1} ${y - 1}h2v2h-2z`));
  return tile;
}
