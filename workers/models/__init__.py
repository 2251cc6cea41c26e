"""Models that people drop in: what is taken in (`intake`), what runs them (`adapters`), the child that both run in."""
