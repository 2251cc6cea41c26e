"""From the answers of several people to one answer: matching, merging and what is contested."""
