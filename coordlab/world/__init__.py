"""The simulated world: agents on virtual time, a network between them, faults, and the trace of it all."""
