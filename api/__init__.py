"""The HTTP interface: FastAPI over the use cases, for everything that people touch. Imports no worker."""
