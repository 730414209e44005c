"""The simulated world: agents, the loop that runs them, the network and the mail between them."""
