"""The rules of each pattern: pure functions of data, for the pages, their checks, and your own program."""
