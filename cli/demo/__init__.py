"""The demonstration: real photographs, their truth, simulated people, and the report of what happened."""
