"""Which vendor works for which project, and since when; how an engagement ends."""
