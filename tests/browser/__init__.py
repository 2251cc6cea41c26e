"""The pages in a real browser, over the real API: what people see and do."""
