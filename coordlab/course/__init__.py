"""The course: its notebooks, what they show, and a learner's progress."""
