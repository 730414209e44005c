// The head of a lab as a widget of its own.

import { showHead } from "./heading.js";

export const render = showHead;
