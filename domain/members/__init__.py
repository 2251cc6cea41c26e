"""An organisation's people: who they are, what they may do, and what happens to their work when they pause or leave."""
