"""Closed forms: what a pattern should cost or achieve, each with its source and its domain."""
