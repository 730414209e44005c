"""The trace: the record of a run as data, its scenario, its faults, and its narration."""
