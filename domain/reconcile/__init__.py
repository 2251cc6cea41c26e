"""A bucket's listing held against our rows, in steps that a killed process leaves to the next one."""
