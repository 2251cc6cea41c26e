"""How pictures come in: what may, what stays out and why. The package root imports nothing: a small child loads it."""
