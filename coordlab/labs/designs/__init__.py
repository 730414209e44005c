"""The declarations of the labs, one module each."""
