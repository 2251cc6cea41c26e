"""A member's inbox: what happened that concerns this one person."""
