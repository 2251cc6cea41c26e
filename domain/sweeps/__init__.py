"""How every loss heals: states that wait too long are announced again; listings are held against rows."""
