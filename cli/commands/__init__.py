"""One module a noun of the command line, each with its commands in an `app`: parse, call, print."""
