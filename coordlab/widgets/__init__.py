"""The player: a trace in the browser, with a kernel behind it or without."""
