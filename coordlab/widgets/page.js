// What the player and the head need of a widget model, for a page without a kernel: values, and listeners to their changes.
const recorded = JSON.parse(document.getElementById("cl-data").textContent);
const inflate = async (text) => {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream);
};
const branches = await Promise.all(recorded.branches.map(async ({ meta, columns }) => (
  { meta: await (await inflate(meta)).json(), columns: new DataView(await (await inflate(columns)).arrayBuffer()) })));
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
const el = document.getElementById("cl-page");
if (recorded.head) {
  const { tries } = recorded.head, shown = () => tries.find(({ branch }) => branch === state.selected)?.title ?? "";
  el.classList.add("cl-lab", "cl-labmain", "jupyter-widgets"); // as in a notebook
  showHead({ el, model: {
    get: () => ({ ...recorded.head, on: shown() }),
    on: (_, hear) => model.on("change:selected", () => queueMicrotask(hear)), // after the player
    off: () => {},
    send: ({ title }) => model.set("selected", tries.find((each) => each.title === title).branch),
  } });
}
render({ model, el });
