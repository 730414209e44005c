"""The patterns, one page each.  Every page reads from top to bottom like the section of a textbook."""
