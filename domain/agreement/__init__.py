"""How far people agree: match F1, IoU of matches and Krippendorff alpha, each with an interval. Decides nothing."""
