"""SQL of dead letters: how they are filed, what the desk does with them, and what they are about."""
