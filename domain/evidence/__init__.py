"""What lies behind a result: the answers people gave, what models said, and why it was decided so."""
