"""The course: the learner's copy of the notebooks, functions for their cells, and progress."""
