"""Tasks whose answer is known, served blind between the others: one seat a member, none of which decides anything."""
