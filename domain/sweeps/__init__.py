"""How every loss heals: states that wait too long are announced again, and given up in the end with the reason."""
