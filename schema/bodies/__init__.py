"""What travels over HTTP, one module a resource. Knows neither the framework nor the domain."""
