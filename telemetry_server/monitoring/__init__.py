"""What the server tells of itself: counts, times, vitals, logs, traces."""
