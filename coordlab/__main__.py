"""`python -m coordlab` is the command `coordlab`."""

from coordlab.cli import main

main(prog_name="coordlab")
