"""`python -m coordlab` does what the command `coordlab` does."""

from coordlab.cli import main

main(prog_name="coordlab")
