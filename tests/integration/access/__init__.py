"""Who gets what answer from every operation of the OpenAPI document: roles, tenants, and wild requests."""
