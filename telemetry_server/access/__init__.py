"""Who may, and how often: keys, roles, rate limits, origins, TLS."""
