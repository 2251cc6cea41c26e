"""SQL of the boards, by what it reads: the fold, live leases, sums, skips, measured time."""
