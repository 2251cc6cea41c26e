"""Who gets in: passwords, failed attempts, sessions of browsers, invitations."""
