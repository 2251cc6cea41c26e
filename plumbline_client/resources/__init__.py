"""One module a resource of the API."""
