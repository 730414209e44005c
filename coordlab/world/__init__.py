"""The simulated world; `coordlab.world.world` ties its parts together."""
