"""How a member's browser gets pixels and files of our own bucket: by short-lived signed links on the same origin."""
