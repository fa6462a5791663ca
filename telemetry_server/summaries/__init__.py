"""Hours and days of series in one document each: who makes them, and which may be read."""
