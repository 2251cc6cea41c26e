"""`plumbline …` for operators, over the same use cases as the API; and the launcher of the embedded stack."""
