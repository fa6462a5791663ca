"""The write path: from validated metrics to durable, gathered inserts, and the catalog's feed."""
