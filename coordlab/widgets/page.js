// What the player needs of a widget model, for a page without a kernel: values, and listeners to their changes.
const recorded = JSON.parse(document.getElementById("cl-data").textContent);
const inflate = async (text) => {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new DataView(await new Response(stream).arrayBuffer());
};
const branches = await Promise.all(
  recorded.branches.map(async ({ meta, columns }) => ({ meta, columns: await inflate(columns) })));
const state = { branches, selected: recorded.selected, kernel: false };
const heard = new Map();
const model = {
  get: (key) => state[key],
  set: (key, value) => { state[key] = value; for (const hear of heard.get(`change:${key}`) ?? []) hear(); },
  on: (event, hear) => heard.set(event, [...(heard.get(event) ?? []), hear]),
  off: (event, hear) => heard.set(event, (heard.get(event) ?? []).filter((other) => other !== hear)),
  save_changes: () => {},
  send: () => {},
};
render({ model, el: document.getElementById("cl-page") });
