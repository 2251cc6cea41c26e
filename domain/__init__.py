"""What the product knows. No AWS, no web framework, no torch, no settings; one folder a capability."""
