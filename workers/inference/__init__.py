"""What networks and classical methods make of a picture: masks from clicks, proposals."""
