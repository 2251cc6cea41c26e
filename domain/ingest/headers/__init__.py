"""What the header of each format says, read in plain Python before any decoder sees the file."""
