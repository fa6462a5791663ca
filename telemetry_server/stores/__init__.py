"""MongoDB for what must last, Redis for what may be lost. Each driver is imported in one file only."""
