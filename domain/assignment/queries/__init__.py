"""SQL of assignment: the claim, the submit, and what a lease shows."""
