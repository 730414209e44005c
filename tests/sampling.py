"""How much a sampled test tries: a few cases while one writes, all of them with `pytest --all`."""

whole = False  # set by `--all`, before any test is collected


def disaster_count() -> int:
    """How many random disasters a property must survive: 20, or 200 with `--all`."""
    return 200 if whole else 20
