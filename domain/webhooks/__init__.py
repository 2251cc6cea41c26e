"""Subscriptions of other systems to what happens, and the deliveries to them."""
