"""Who works on what now, what people have done, and for how long: read from append-only rows and from their sums."""
