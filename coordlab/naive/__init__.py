"""Each pattern as one writes it at first, and one call for each thing that is wrong with that."""
