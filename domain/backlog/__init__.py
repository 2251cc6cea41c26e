"""How much waits and for how long, known without asking any worker."""
