"""One module a resource. A route is three moves: parse, one transaction, render; it decides nothing."""
