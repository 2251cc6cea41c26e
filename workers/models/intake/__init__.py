"""From an uploaded archive to a folder and a card, or a refusal that says what to do. Runs nothing of the archive."""
