"""The data contract: enumerations, geometry, tables, messages and HTTP bodies. Imports nothing of ours."""
